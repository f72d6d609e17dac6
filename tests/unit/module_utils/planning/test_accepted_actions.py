# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An accepted action is never forgotten, what can't be undone happens once, and `wait_timeout` bounds it all."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.cegedim.cloud.plugins.module_utils.api import errors
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.action.ensure import (
    ensure as wait_for_actions,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.instance.ensure import ensure
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.patch_party.ensure import (
    ensure as ensure_patch_party,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.snapshot.ensure import (
    ensure as ensure_snapshot,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.result import Result
from support.client import (
    WAIT,
    Misbehaving,
    Reply,
    SimulatedTime,
    calls,
    client_of,
    executed,
    instance_of,
    misbehaving,
    operations,
)
from support.simulator import Simulator

NAME = "PEB4TEST01"
CREATE = {"name": NAME, "region": "EB4", "platform": "deb12", "sizing": "2cpu4gb", "service_id": 16}
POLL = r"/actions/\d+$"
FORCED = {"state": "recovered", "force": True}


def run(simulator: Simulator, options: dict[str, Any], **client: Any) -> Result:
    return ensure(client_of(simulator, **client), {**WAIT, "name": NAME, **options})


def recover(simulator: Simulator, **client: Any) -> Result:
    return ensure_snapshot(client_of(simulator, **client), {**WAIT, "names": [NAME], **FORCED})


@pytest.fixture(autouse=True)
def _slow_actions(simulator: Simulator) -> None:
    simulator.settings(action_delay=10)


# -- polls that fail ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault",
    [{"status": 503}, {"status": 500}, {"status": 429}, {"cut": "before"}, {"status": 502}],
    ids=str,
)
def test_polls_that_fail_for_a_while(simulator: Simulator, fault: dict[str, Any]) -> None:
    instance_of(simulator)
    simulator.fault(path=POLL, count=20, fault=fault)
    result = run(simulator, {"state": "stopped"}, retries=2)
    assert result.values["operations"] == ["stop"]
    assert [a["status"] for a in result.values["itcare_actions"]] == ["SUCCESS"]


@pytest.mark.parametrize("status", [503, 401, 403])
def test_polls_that_fail_for_ever(simulator: Simulator, status: int) -> None:
    instance_of(simulator)
    simulator.fault(path=POLL, count=0, fault={"status": status})
    with pytest.raises(errors.ItcareError) as caught:
        run(simulator, {"state": "stopped", "wait_timeout": 60})
    (action,) = caught.value.details["itcare_actions"]
    assert action["id"] == executed(simulator)[0]["action_id"]
    assert caught.value.details["changed"]
    assert isinstance(caught.value, errors.ActionTimeoutError) == (status == 503)


def test_polls_that_fail_among_many(simulator: Simulator) -> None:
    names = [instance_of(simulator, name=name)["name"] for name in ("A", "B")]
    simulator.fault(path=POLL, count=0, fault={"status": 403})
    options = {**WAIT, "names": names, "patch_group": "2", "concurrency": 2}
    with pytest.raises(errors.ItcareError) as caught:
        ensure_patch_party(client_of(simulator), options)
    assert caught.value.details["changed"]
    rows = caught.value.details["instances"]
    assert all(row["changed"] and row["action"] and row["error"] for row in rows)


def test_an_action_that_isnt_visible_yet(simulator: Simulator) -> None:
    instance_of(simulator)
    simulator.fault(path=POLL, count=5, fault={"status": 404})
    result = run(simulator, {"state": "reset"})
    assert result.values["operations"] == ["reset"]
    assert not result.warnings


def test_an_action_whose_record_is_gone(simulator: Simulator) -> None:
    instance_of(simulator)
    simulator.fault(path=POLL, count=0, fault={"status": 404})
    result = run(simulator, {"state": "stopped"})
    assert result.values["operations"] == ["stop"]
    (warning,) = result.warnings
    assert "its record is gone" in warning


@pytest.mark.parametrize("options", [{"state": "reset"}, {"state": "stopped"}])
def test_a_gone_record_and_no_effect(simulator: Simulator, options: dict[str, Any]) -> None:
    simulator.settings(action_delay=100_000)
    instance_of(simulator)
    simulator.fault(path=POLL, count=0, fault={"status": 404})
    with pytest.raises(errors.UnsureWriteError, match="its record is gone") as caught:
        run(simulator, options)
    assert f"ction {executed(simulator)[0]['action_id']} " in str(caught.value)
    assert caught.value.details["changed"]


def test_a_gone_record_of_an_answer_without_an_action(simulator: Simulator) -> None:
    """It was found in the list, and then its record went."""
    simulator.settings(action_delay=100_000, accepted_body="empty")
    instance_of(simulator)
    simulator.fault(path=POLL, count=0, fault={"status": 404})
    with pytest.raises(errors.UnsureWriteError) as caught:
        run(simulator, {"state": "stopped", "wait_timeout": 300})
    assert f"ction {executed(simulator)[0]['action_id']} " in str(caught.value)


def test_waiting_for_a_record_that_is_gone(simulator: Simulator) -> None:
    instance_of(simulator)
    action = run(simulator, {"state": "stopped", "wait": False}).values["itcare_actions"][0]
    simulator.fault(path=POLL, skip=1, count=0, fault={"status": 404})
    with pytest.raises(errors.ActionFailedError, match="record of 1 of 1 actions is gone"):
        wait_for_actions(client_of(simulator), {**WAIT, "action_ids": [action["id"]]})


# -- once --------------------------------------------------------------------------------------------------------------

ONCE: dict[str, tuple[dict[str, Any] | None, Any, str]] = {
    "create": (None, lambda simulator: run(simulator, CREATE), "POST"),
    "reset": ({}, lambda simulator: run(simulator, {"state": "reset"}), "PATCH"),
    "forced recovery": ({"snapshot": {"description": "x"}}, recover, "PATCH"),
}


@pytest.mark.parametrize("delay", [0, 10])
@pytest.mark.parametrize(("fields", "work", "method"), ONCE.values(), ids=ONCE)
def test_503_after_delivery(
    simulator: Simulator, fields: dict[str, Any] | None, work: Any, method: str, delay: int
) -> None:
    simulator.settings(action_delay=delay)
    if fields is not None:
        instance_of(simulator, **fields)
    simulator.fault(method=method, path="/itcare", fault={"status": 503, "execute": True})
    result = work(simulator)
    assert result.changed
    assert len(result.values["operations"]) == len(simulator.writes()) == 1


@pytest.mark.parametrize(("fields", "work", "method"), ONCE.values(), ids=ONCE)
def test_503_instead_of_delivery(
    simulator: Simulator, fields: dict[str, Any] | None, work: Any, method: str
) -> None:
    """Nearly always it wasn't executed, but a second reset or recovery would do harm if it was."""
    if fields is not None:
        instance_of(simulator, **fields)
    simulator.fault(method=method, path="/itcare", fault={"status": 503})
    if method == "POST":
        assert work(simulator).changed
        assert len(executed(simulator)) == 1
    else:
        with pytest.raises(errors.ItcareError, match="isn't known whether"):
            work(simulator)
        assert len(simulator.writes()) == 1


@pytest.mark.parametrize(("timeout", "looks_for"), [(1800, 120), (60, 60)])
def test_how_long_a_lost_create_is_looked_for(
    simulator: Simulator, timeout: int, looks_for: int
) -> None:
    simulator.fault(method="POST", path="/itcare", fault={"cut": "before"})
    time = SimulatedTime(simulator)
    with pytest.raises(errors.UnsureWriteError, match="Look at it"):
        run(simulator, {**CREATE, "wait_timeout": timeout}, time=time)
    assert sum(time.slept) == pytest.approx(looks_for)
    assert len(simulator.writes()) == 1
    # a new run resolves it
    assert run(simulator, CREATE).changed
    assert operations(simulator) == ["POST instances"]


def test_a_lost_answer_then_503(simulator: Simulator) -> None:
    """A 503 says nothing about the sending before it."""
    simulator.settings(action_delay=0)
    instance_of(simulator)
    simulator.fault(method="PATCH", fault={"status": 503, "execute": True})
    simulator.fault(method="PATCH", count=0, fault={"status": 503})
    result = run(simulator, {"state": "stopped"}, retries=1)
    assert result.values["operations"] == operations(simulator) == ["stop"]


class Machine:
    """An API of one instance, on kept connections; every write is accepted and done at once."""

    def __init__(self) -> None:
        self.instance: dict[str, Any] | None = None

    def __call__(self, method: str, path: str, headers: dict[str, str]) -> Reply | None:
        where = path.split("?")[0].removeprefix("/itcare")
        if where == "/token":
            return None
        found: Any = []
        if method == "POST":
            self.instance = {"id": 7, "name": NAME, "status": "ACTIVE"}
        if method != "GET":
            return 202, {}, b""
        if where == "/compute/instances":
            content = [self.instance] if self.instance else []
            found = {"content": content, "totalElements": len(content), "size": 200}
        elif where.startswith("/compute/instances/"):
            found = self.instance
        return 200, {}, json.dumps(found).encode()


def connections_of_writes(server: Misbehaving) -> list[bool]:
    """For each write, whether its connection was used for anything else."""
    pairs = list(zip(server.seen, server.connections))
    return [
        any(port == other for request, other in pairs if request is not seen)
        for seen, port in pairs
        if seen[0] != "GET" and "token" not in seen[1]
    ]


def test_what_happens_once_has_a_connection_of_its_own() -> None:
    with misbehaving(Machine()) as server:
        client = server.client()
        for options in (CREATE, {"name": NAME, "state": "reset"}):
            ensure(client, {**WAIT, **options})
        assert connections_of_writes(server) == [False, False]
        assert len(set(server.connections)) == 3
        client.close()


# -- wait_timeout ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [POLL, "/compute/instances$", "/actions$"])
@pytest.mark.parametrize("status", [429, 503])
def test_pauses_of_the_client_count(simulator: Simulator, path: str, status: int) -> None:
    instance_of(simulator)
    fault = {"status": status, "headers": {"Retry-After": "120"}}
    simulator.fault(path=path, method="GET", count=0, fault=fault)
    time = SimulatedTime(simulator)
    with pytest.raises(errors.ItcareError):
        run(simulator, {"state": "stopped", "wait_timeout": 60}, time=time)
    assert sum(time.slept) <= 60
    assert len(calls(simulator)) < 12


def test_pauses_at_the_gate_count(simulator: Simulator) -> None:
    names = [instance_of(simulator, name=f"T{number}")["name"] for number in range(6)]
    fault = {"status": 429, "headers": {"Retry-After": "100"}}
    simulator.fault(method="PATCH", count=0, fault=fault)
    time = SimulatedTime(simulator)
    options = {**WAIT, "names": names, "patch_group": "2", "concurrency": 1, "wait_timeout": 60}
    with pytest.raises(errors.ItcareError):
        ensure_patch_party(client_of(simulator, time=time, retries=0), options)
    assert time.now - 1000 <= 60
    assert not executed(simulator)


@pytest.mark.parametrize("value", ["1e400", "soon", "-3", "1.5", "inf", "٣"])
def test_a_retry_after_that_means_nothing(simulator: Simulator, value: str) -> None:
    headers = {"Retry-After": value.encode().decode("latin-1")}
    simulator.fault(path="/compute/instances$", fault={"status": 503, "headers": headers})
    time = SimulatedTime(simulator)
    client_of(simulator, time=time).get("/compute/instances")
    assert len(time.slept) == 1
    assert time.slept[0] < 1
