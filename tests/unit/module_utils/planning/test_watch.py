# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No task says "ok" while the opposite is in progress; what others did is adopted; `changed` is what this task did."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from ansible_collections.cegedim.cloud.plugins.module_utils.api import errors
from ansible_collections.cegedim.cloud.plugins.module_utils.api.client import Client
from ansible_collections.cegedim.cloud.plugins.module_utils.api.connection_options import (
    ConnectionOptions,
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
    SimulatedTime,
    act,
    between,
    calls,
    client_of,
    executed,
    instance_of,
    operations,
    shown,
)
from support.simulator import Simulator

NAME = "PEB4TEST01"
CREATE = {"name": NAME, "region": "EB4", "platform": "deb12", "sizing": "2cpu4gb", "service_id": 16}
BODY = {
    "name": NAME, "region": "EB4", "platform": "deb12", "resourceId": "2cpu4gb", "serviceId": 16
}  # fmt: skip
STOPPED = {"status": "INACTIVE"}
SNAPSHOT = {"snapshot": {"description": "theirs"}}


def run(simulator: Simulator, options: dict[str, Any], **client: Any) -> Result:
    return ensure(client_of(simulator, **client), {**WAIT, "name": NAME, **options})


def run_snapshot(simulator: Simulator, options: dict[str, Any], **client: Any) -> Result:
    return ensure_snapshot(client_of(simulator, **client), {**WAIT, "names": [NAME], **options})


@pytest.fixture(autouse=True)
def _slow_actions(simulator: Simulator) -> None:
    simulator.settings(action_delay=100)


def write(simulator: Simulator, method: str, path: str, body: Any = None) -> None:
    """Somebody else's, which takes its time."""
    client_of(simulator, time=SimulatedTime()).write(method, f"/compute/instances{path}", body)


def begin(simulator: Simulator, what: str, identity: int) -> None:
    """Somebody begins an operation on an instance, its deletion, or something about its snapshot."""
    method, _blank, path = what.partition(" ")
    if not path:
        act(simulator, identity, method)
        return
    snapshot = shown(simulator, identity).get("snapshot") or {}
    write(simulator, method, path.format(id=identity, snapshot=snapshot.get("id")))


# -- power, existence: (fields; what is in progress; options; what is done then) -----------------------------------------

CONTRARY: dict[str, tuple[dict[str, Any], str, dict[str, Any], list[str]]] = {
    "a stop, started": ({}, "stop", {"state": "started"}, ["stop", "start"]),
    "a start, stopped": (STOPPED, "start", {"state": "stopped"}, ["start", "stop"]),
    "a deletion, present": (STOPPED, "DELETE /{id}", CREATE, ["DELETE ID", "POST instances"]),
    "a deletion, started": (
        STOPPED,
        "DELETE /{id}",
        {**CREATE, "state": "started"},
        ["DELETE ID", "POST instances"],
    ),
}


@pytest.mark.parametrize("lag", [0, 8])
@pytest.mark.parametrize(("fields", "theirs", "options", "done"), CONTRARY.values(), ids=CONTRARY)
def test_the_contrary_in_progress(
    simulator: Simulator,
    fields: dict[str, Any],
    theirs: str,
    options: dict[str, Any],
    done: list[str],
    lag: int,
) -> None:
    simulator.settings(effect_lag=lag)
    identity = instance_of(simulator, **fields)["id"]
    begin(simulator, theirs, identity)
    predicted = run(simulator, options, read_only=True)
    result = run(simulator, options)
    assert operations(simulator) == [text.replace("ID", str(identity)) for text in done]
    assert len(result.values["operations"]) == 1
    assert result.values["instance"]["status"] == (
        "INACTIVE" if options.get("state") == "stopped" else "ACTIVE"
    )
    assert predicted.values["operations"] == result.values["operations"]
    assert any("is in progress" in text for text in predicted.warnings)
    assert not run(simulator, options).changed


def test_the_contrary_isnt_waited_for_without_wait(simulator: Simulator) -> None:
    identity = instance_of(simulator)["id"]
    act(simulator, identity, "stop")
    result = run(simulator, {"state": "started", "wait": False})
    assert not result.changed
    assert [a["process"] for a in result.values["itcare_actions"]] == ["vm_stop"]
    (warning,) = result.warnings
    assert "vm_stop" in warning
    assert "isn't waited for" in warning


@pytest.mark.parametrize(
    "theirs", ["update_monitoring", "update_backup", "update_patch_party", "resize"]
)
def test_what_cannot_contradict_holds_nobody_up(simulator: Simulator, theirs: str) -> None:
    identity = instance_of(simulator)["id"]
    options: dict[str, dict[str, Any]] = {
        "update_patch_party": {"patchParty": {"excluded": False}},
        "resize": {"sizing": "4cpu8gb"},
    }
    act(simulator, identity, theirs, **options.get(theirs, {"state": True}))
    time = SimulatedTime(simulator)
    assert not run(simulator, {"state": "started"}, time=time).changed
    assert not time.slept


def test_one_that_is_being_created_is_there_already(simulator: Simulator) -> None:
    """Even where the task doesn't say enough to create it."""
    write(simulator, "POST", "", BODY)
    for options in ({"state": "started"}, CREATE):
        predicted = run(simulator, options, read_only=True)
        assert not predicted.changed
    result = run(simulator, {"state": "started"})
    assert not result.changed
    assert result.values["instance"]["status"] == "ACTIVE"


def test_actions_are_asked_for_before_the_state(simulator: Simulator) -> None:
    instance_of(simulator)
    for work, options in ((run, {"state": "started"}), (run_snapshot, {"state": "absent"})):
        simulator.clear_requests()
        work(simulator, options)
        assert calls(simulator)[1:3] == ["GET /actions", "GET /compute/instances"]


@pytest.mark.parametrize("status", [401, 403, 404, 501])
@pytest.mark.parametrize("options", [{"state": "started"}, {"state": "stopped"}])
def test_a_look_that_is_refused(simulator: Simulator, status: int, options: dict[str, Any]) -> None:
    simulator.settings(action_delay=0)
    instance_of(simulator)
    simulator.fault(path="/actions$", count=0, fault={"status": status})
    result = run(simulator, options)
    assert result.values["operations"] == ([] if options["state"] == "started" else ["stop"])
    (warning,) = result.warnings
    assert f"answered {status}" in warning


def test_a_wrong_account_is_no_refused_look(simulator: Simulator) -> None:
    instance_of(simulator)
    with pytest.raises(errors.AuthenticationError):
        run(simulator, {"state": "started"}, client_secret="wrong")
    assert len(simulator.requests()) == 1  # of the token; nothing was asked for after it


# -- snapshots ---------------------------------------------------------------------------------------------------------

SNAPSHOTS: dict[str, tuple[dict[str, Any], str, dict[str, Any], list[str]]] = {
    "a deletion, present": (SNAPSHOT, "DELETE /{id}/snapshots/{snapshot}", {}, ["create snapshot"]),
    "a creation, absent": ({}, "POST /{id}/snapshots", {"state": "absent"}, ["delete snapshot"]),
    "a creation, present": ({}, "POST /{id}/snapshots", {}, []),
    "a creation, recovered": (
        {},
        "POST /{id}/snapshots",
        {"state": "recovered"},
        ["recover snapshot"],
    ),
    "a deletion, absent": (
        SNAPSHOT,
        "DELETE /{id}/snapshots/{snapshot}",
        {"state": "absent"},
        [],
    ),
    "a recovery, recovered": (SNAPSHOT, "PATCH /{id}/snapshots", {"state": "recovered"}, []),
    "a stop, present": ({}, "stop", {}, ["create snapshot"]),
}


@pytest.mark.parametrize("several", [False, True])
@pytest.mark.parametrize(("fields", "theirs", "options", "ours"), SNAPSHOTS.values(), ids=SNAPSHOTS)
def test_a_snapshot_in_progress(
    simulator: Simulator,
    fields: dict[str, Any],
    theirs: str,
    options: dict[str, Any],
    ours: list[str],
    several: bool,
) -> None:
    identity = instance_of(simulator, **fields)["id"]
    if several and options.get("state") != "recovered":
        instance_of(simulator, name="OTHER", **fields)
        options = {**options, "names": [NAME, "OTHER"]}
    begin(simulator, theirs, identity)
    predicted = run_snapshot(simulator, options, read_only=True)
    result = run_snapshot(simulator, options)
    row, forecast = (
        next(row for row in r.values["snapshots"] if row["instance_id"] == identity)
        for r in (result, predicted)
    )
    assert row["changed"] == forecast["changed"] == bool(ours)
    mine = [e for e in executed(simulator)[1:] if f"/{identity}" in e["path"]]
    assert len(mine) == len(ours)
    there = shown(simulator, identity)["snapshot"]
    assert (there is None) == (options.get("state") == "absent")


# -- adoption ----------------------------------------------------------------------------------------------------------


class Rivals:
    """Clients on the real clock: none knows of the others."""

    def __init__(self, simulator: Simulator, count: int) -> None:
        self._options = simulator.options()
        self._count = count
        self._start = threading.Barrier(count)

    def run(self, work: Any, options: dict[str, Any]) -> list[Any]:
        def one(_number: int) -> Any:
            client = Client(ConnectionOptions.from_mapping(self._options))
            self._start.wait(30)
            try:
                return work(client, {**WAIT, "wait_timeout": 60, **options})
            except errors.ItcareError as error:
                return error
            finally:
                client.close()

        with ThreadPoolExecutor(max_workers=self._count) as pool:
            return list(pool.map(one, range(self._count)))


@pytest.mark.parametrize(
    ("work", "fields", "options", "most"),
    [
        (ensure, {}, {"name": NAME, "state": "restarted"}, 2),
        (ensure, {}, {"name": NAME, "state": "stopped"}, 1),
        (ensure, {}, {"name": NAME, "state": "absent", "force": True}, 2),
        (ensure_snapshot, SNAPSHOT, {"names": [NAME], "replace": True}, 2),
        (ensure_snapshot, {}, {"names": [NAME]}, 1),
    ],
    ids=["restart", "stop", "delete", "replace", "create snapshot"],
)
def test_many_with_one_wish(
    simulator: Simulator, work: Any, fields: dict[str, Any], options: dict[str, Any], most: int
) -> None:
    """Twenty hosts without run_once: none fails, and what is done is what one would have done."""
    simulator.settings(action_delay=0.3)
    identity = instance_of(simulator, **fields)["id"]
    results = Rivals(simulator, 11).run(work, options)
    assert [str(r) for r in results if isinstance(r, Exception)] == []
    assert len(executed(simulator)) == most
    assert sum(len(r.values["operations"]) for r in results) == most
    assert [r.changed for r in results] == [bool(r.values["operations"]) for r in results]
    if options.get("state") == "restarted":
        assert shown(simulator, identity)["status"] == "ACTIVE"


def test_the_second_step_is_adopted(simulator: Simulator) -> None:
    """Somebody starts it when our stop is over: our start is refused, as it runs."""
    simulator.settings(action_delay=0)
    identity = instance_of(simulator)["id"]
    client = client_of(simulator)
    write_of_ours, seen = client.write, []

    def later(method: str, path: str, body: Any = None, **kwargs: Any) -> Any:
        seen.append(body["operation"])
        if body["operation"] == "start" and seen.count("start") == 1:
            act(simulator, identity, "start")
        return write_of_ours(method, path, body, **kwargs)

    setattr(client, "write", later)  # noqa: B010 (mypy minds an assignment)
    result = ensure(client, {**WAIT, "name": NAME, "state": "restarted"})
    assert operations(simulator) == ["stop", "start"]
    assert result.values["operations"] == ["stop"]
    assert [a["process"] for a in result.values["itcare_actions"]] == ["vm_stop", "vm_start"]


def test_one_of_two_of_a_name(simulator: Simulator) -> None:
    """An action tells the name only; the other's stands for nothing."""
    ids = [instance_of(simulator, name="TWIN")["id"] for _number in range(2)]
    write(simulator, "POST", f"/{ids[0]}/snapshots")
    options = {"names": None, "ids": ids, "wait": False}
    result = run_snapshot(simulator, options)
    assert {e["path"].split("/")[4] for e in executed(simulator)} == {str(i) for i in ids}
    assert [row["changed"] for row in result.values["snapshots"]] == [False, True]


# -- changed is what this task did ---------------------------------------------------------------------------------------


def test_a_new_plan_without_steps_is_no_change(simulator: Simulator) -> None:
    identity = instance_of(simulator)["id"]
    client = between(simulator, "PATCH", lambda: act(simulator, identity, "stop"))
    result = ensure(client, {**WAIT, "name": NAME, "state": "stopped"})
    assert operations(simulator) == ["stop"]
    assert (result.changed, result.values["operations"]) == (False, [])
    assert result.diff["before"] == result.diff["after"] == {}


def test_a_write_found_by_a_look_is_a_change(simulator: Simulator) -> None:
    """Executed though it was answered 503, and sent again: refused as done."""
    simulator.settings(action_delay=0)
    instance_of(simulator)
    simulator.fault(method="PATCH", fault={"status": 503, "execute": True})
    result = run(simulator, {"state": "stopped"})
    assert operations(simulator) == ["stop"]
    assert (result.changed, result.values["operations"]) == (True, ["stop"])


def test_two_of_a_thousand_that_others_did(simulator: Simulator) -> None:
    ids = [instance_of(simulator, name=f"T{number}")["id"] for number in range(4)]
    party = {"patchParty": {"excluded": False, "patchGroup": 2}}
    for identity in ids[:2]:
        act(simulator, identity, "update_patch_party", **party)
    options = {**WAIT, "ids": ids, "patch_group": "2", "concurrency": 2}
    result = ensure_patch_party(client_of(simulator), options)
    assert [row["changed"] for row in result.values["instances"]] == [False, False, True, True]
    assert Counter(operations(simulator)) == {"update_patch_party": 4}


@pytest.mark.parametrize("fields", [{}, STOPPED])
def test_one_that_vanishes_meanwhile_is_absent(
    simulator: Simulator, fields: dict[str, Any]
) -> None:
    identity = instance_of(simulator, **fields)["id"]

    def vanish() -> None:
        simulator.control("DELETE", f"/control/instances/{identity}")

    client = between(simulator, "PATCH" if fields == {} else "DELETE", vanish)
    result = ensure(client, {**WAIT, "name": NAME, "state": "absent", "force": True})
    assert (result.changed, result.values["instance"]) == (False, None)


def test_the_snapshot_of_one_that_vanishes_meanwhile_is_absent(simulator: Simulator) -> None:
    identity = instance_of(simulator, **SNAPSHOT)["id"]
    client = between(
        simulator, "DELETE", lambda: simulator.control("DELETE", f"/control/instances/{identity}")
    )
    result = ensure_snapshot(client, {**WAIT, "names": [NAME], "state": "absent"})
    assert not result.changed
    assert result.values["snapshots"][0]["snapshot"] is None


def test_a_timeout_on_anothers_action_is_no_change(simulator: Simulator) -> None:
    identity = instance_of(simulator)["id"]
    act(simulator, identity, "resize", sizing="4cpu8gb")
    with pytest.raises(errors.ActionTimeoutError) as caught:
        run(simulator, {"state": "stopped", "wait_timeout": 30})
    assert caught.value.details["changed"] is False
    assert [a["process"] for a in caught.value.details["itcare_actions"]] == ["vm_resize"]
