# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Others work on the same instances: their actions are waited for, and races end well."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.cegedim.cloud.plugins.module_utils.api import errors
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.instance.ensure import ensure
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.snapshot.ensure import (
    ensure as ensure_snapshot,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.result import Result
from support.client import (
    WAIT,
    SimulatedTime,
    act,
    between,
    client_of,
    executed,
    instance_of,
    operations,
    shown,
)
from support.simulator import Simulator

NAME = "PEB4TEST01"
CREATE = {"name": NAME, "region": "EB4", "platform": "deb12", "sizing": "2cpu4gb", "service_id": 16}
STOPPED = {"status": "INACTIVE"}


def run(simulator: Simulator, options: dict[str, Any], **client: Any) -> Result:
    return ensure(client_of(simulator, **client), {**WAIT, "name": NAME, **options})


@pytest.fixture(autouse=True)
def _slow_actions(simulator: Simulator) -> None:
    simulator.settings(action_delay=100)


def test_somebody_begins_just_before_us(simulator: Simulator) -> None:
    identity = instance_of(simulator)["id"]
    client = between(
        simulator, "PATCH", lambda: act(simulator, identity, "resize", sizing="4cpu8gb")
    )
    result = ensure(client, {**WAIT, "name": NAME, "state": "stopped", "sizing": "4cpu8gb"})
    assert [e["status"] for e in simulator.writes()] == [202, 409, 202]
    assert operations(simulator) == ["resize", "stop"]
    assert result.values["operations"] == ["stop"]


def test_what_was_in_the_way_does_not_stand_for_a_lost_write(simulator: Simulator) -> None:
    identity = instance_of(simulator)["id"]
    # theirs is sent, ours meets the conflict, and ours again is lost
    simulator.fault(method="PATCH", skip=2, fault={"cut": "before"})
    client = between(
        simulator, "PATCH", lambda: act(simulator, identity, "resize", sizing="8cpu32gb")
    )
    result = ensure(client, {**WAIT, "name": NAME, "sizing": "4cpu8gb"})
    assert (result.values["instance"]["cpu"], result.values["instance"]["ram"]) == (4, 8)
    assert operations(simulator) == ["resize", "resize"]


def test_what_was_in_the_way_is_over_when_we_look(simulator: Simulator) -> None:
    instance_of(simulator)
    simulator.fault(method="PATCH", fault={"status": 409})
    assert run(simulator, {"state": "stopped"}).values["operations"] == ["stop"]
    assert operations(simulator) == ["stop"]


@pytest.mark.parametrize("options", [{"state": "stopped"}, {"state": "restarted"}])
def test_a_conflict_for_ever(simulator: Simulator, options: dict[str, Any]) -> None:
    instance_of(simulator)
    simulator.fault(method="PATCH", count=0, fault={"status": 409})
    with pytest.raises(errors.ConflictError):
        run(simulator, options)
    assert len(simulator.writes()) == 2


def test_the_name_is_taken_by_one_that_is_not_shown(simulator: Simulator) -> None:
    instance_of(simulator, name=NAME.capitalize())
    with pytest.raises(errors.ConflictError, match="Name PEB4TEST01 is already used"):
        run(simulator, CREATE)
    assert not executed(simulator)


@pytest.mark.parametrize("delay", [0, 100])
def test_somebody_creates_it_just_before_us(simulator: Simulator, delay: int) -> None:
    simulator.settings(action_delay=delay)
    body = {
        "name": NAME, "region": "EB4", "platform": "deb12", "resourceId": "2cpu4gb", "serviceId": 16
    }  # fmt: skip
    other = client_of(simulator, time=SimulatedTime())
    client = between(simulator, "POST", lambda: other.write("POST", "/compute/instances", body))
    result = ensure(client, {**WAIT, **CREATE})
    assert result.values["instance"]["name"] == NAME
    assert operations(simulator) == ["POST instances"]


@pytest.mark.parametrize("delay", [0, 100])
def test_somebody_deletes_the_snapshot_just_before_us(simulator: Simulator, delay: int) -> None:
    simulator.settings(action_delay=delay)
    identity = instance_of(simulator, snapshot={"description": "x"})["id"]
    path = f"/compute/instances/{identity}/snapshots/{shown(simulator, identity)['snapshot']['id']}"
    other = client_of(simulator, time=SimulatedTime())
    client = between(simulator, "DELETE", lambda: other.write("DELETE", path))
    result = ensure_snapshot(client, {**WAIT, "names": [NAME], "state": "absent"})
    assert result.values["snapshots"][0]["snapshot"] is None
    assert len(executed(simulator)) == 1


def test_somebody_takes_a_snapshot_while_ours_is_replaced(simulator: Simulator) -> None:
    """It is as new as ours would be, and isn't deleted in turn."""
    simulator.settings(action_delay=0)
    identity = instance_of(simulator, snapshot={"description": "old"})["id"]
    path = f"/compute/instances/{identity}/snapshots"
    other = client_of(simulator, time=SimulatedTime())
    client = between(
        simulator, "POST", lambda: other.write("POST", path, {"description": "theirs"})
    )
    result = ensure_snapshot(client, {**WAIT, "names": [NAME], "replace": True})
    assert shown(simulator, identity)["snapshot"]["description"] == "theirs"
    assert result.values["operations"] == ["delete snapshot"]
    (row,) = result.values["snapshots"]
    assert row["snapshot"]["description"] == "theirs"
    assert [e["method"] for e in executed(simulator)] == ["DELETE", "POST"]


def test_somebody_deletes_the_instance_just_before_us(simulator: Simulator) -> None:
    identity = instance_of(simulator, **STOPPED)["id"]
    client = between(
        simulator,
        "DELETE",
        lambda: simulator.control("DELETE", f"/control/instances/{identity}"),
    )
    result = ensure(client, {**WAIT, "name": NAME, "state": "absent"})
    assert result.values["instance"] is None


def test_anothers_action_is_waited_for(simulator: Simulator) -> None:
    identity = instance_of(simulator)["id"]
    act(simulator, identity, "update_monitoring", state=True, alerting=True)
    result = run(simulator, {"state": "stopped"})
    assert result.values["operations"] == ["stop"]
    assert [e["status"] for e in simulator.writes()] == [202, 202]  # no conflict


@pytest.mark.parametrize(
    ("sizing", "expected"), [("4cpu8gb", ["resize"]), ("8cpu32gb", ["resize", "resize"])]
)
def test_another_size_in_progress_is_not_ours(
    simulator: Simulator, sizing: str, expected: list[str]
) -> None:
    identity = instance_of(simulator)["id"]
    act(simulator, identity, "resize", sizing="4cpu8gb")
    result = run(simulator, {"sizing": sizing})
    assert operations(simulator) == expected
    assert result.values["operations"] == expected[1:]
    assert f"{result.values['instance']['cpu']}cpu{result.values['instance']['ram']}gb" == sizing


def test_a_later_step_in_progress_does_not_stand_for_those_before(simulator: Simulator) -> None:
    identity = instance_of(simulator)["id"]
    act(simulator, identity, "resize", sizing="4cpu8gb")
    result = run(simulator, {"state": "restarted", "sizing": "4cpu8gb"})
    # the size is as desired by then, but the power goes down and up again
    assert operations(simulator) == ["resize", "stop", "start"]
    assert result.values["operations"] == ["stop", "start"]
    assert result.values["instance"]["status"] == "ACTIVE"


def test_an_action_that_fails_meanwhile_is_not_adopted(simulator: Simulator) -> None:
    identity = instance_of(simulator)["id"]
    simulator.fail_actions(fail=1)
    act(simulator, identity, "stop")
    assert run(simulator, {"state": "stopped"}).values["operations"] == ["stop"]
    assert operations(simulator) == ["stop", "stop"]


def test_a_token_that_cannot_be_had_leaves_no_doubt(simulator: Simulator) -> None:
    """The token ends between reading and writing, and there is no other."""
    time = SimulatedTime(simulator)
    instance_of(simulator)

    def token_ends() -> None:
        time.sleep(8000)
        simulator.fault(path="/token$", count=0, fault={"status": 500})

    client = between(simulator, "PATCH", token_ends)
    client.clock = time.clock
    vars(client)["_tokens"]._clock = time.clock
    with pytest.raises(errors.ServerError, match="POST .*/token answered 500"):
        ensure(client, {**WAIT, "name": NAME, "state": "reset", "wait_timeout": 90000})
    assert not simulator.writes() or all("/token" in e["path"] for e in simulator.writes())
