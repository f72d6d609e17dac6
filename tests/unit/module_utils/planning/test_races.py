# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Others act between two of our requests, or many tasks at once: races end well, and `changed` is what this task did."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from ansible_collections.cegedim.cloud.plugins.module_utils.api import errors
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.instance.ensure import ensure
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.patch_party.ensure import (
    ensure as ensure_patch_party,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.snapshot.ensure import (
    ensure as ensure_snapshot,
)
from support.client import (
    NAME,
    WAIT,
    SimulatedTime,
    client_of,
    executed,
    instance_of,
    operations,
    shown,
)
from support.rivals import first, others_create, others_do, run_at_once
from support.simulator import Simulator
from support.tasks import CREATE, SNAPSHOT, STOPPED, run, run_snapshot


@pytest.fixture(autouse=True)
def _slow_actions(simulator: Simulator) -> None:
    simulator.settings(action_delay=100)


# -- just before our write -----------------------------------------------------------------------------------------------


def test_somebody_begins_just_before_us(simulator: Simulator) -> None:
    identity = instance_of(simulator)["id"]
    resize = first("PATCH", lambda: others_do(simulator, identity, "resize", sizing="4cpu8gb"))
    result = run(simulator, {"state": "stopped", "sizing": "4cpu8gb"}, before=resize)
    assert [e["status"] for e in simulator.writes()] == [202, 409, 202]
    assert operations(simulator) == ["resize", "stop"]
    assert result.values["operations"] == ["stop"]


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
    result = run(simulator, CREATE, before=first("POST", lambda: others_create(simulator)))
    assert result.values["instance"]["name"] == NAME
    assert operations(simulator) == ["POST instances"]


@pytest.mark.parametrize("delay", [0, 100])
def test_somebody_deletes_the_snapshot_just_before_us(simulator: Simulator, delay: int) -> None:
    simulator.settings(action_delay=delay)
    identity = instance_of(simulator, snapshot={"description": "x"})["id"]
    deletion = "DELETE /{id}/snapshots/{snapshot}"
    before = first("DELETE", lambda: others_do(simulator, identity, deletion))
    result = run_snapshot(simulator, {"state": "absent"}, before=before)
    assert result.values["snapshots"][0]["snapshot"] is None
    assert len(executed(simulator)) == 1


def test_somebody_takes_a_snapshot_while_ours_is_replaced(simulator: Simulator) -> None:
    """It is as new as ours would be, and isn't deleted in turn."""
    simulator.settings(action_delay=0)
    identity = instance_of(simulator, snapshot={"description": "old"})["id"]

    def theirs() -> None:
        others_do(simulator, identity, "POST /{id}/snapshots", description="theirs")

    result = run_snapshot(simulator, {"replace": True}, before=first("POST", theirs))
    assert shown(simulator, identity)["snapshot"]["description"] == "theirs"
    assert result.values["operations"] == ["delete snapshot"]
    (row,) = result.values["snapshots"]
    assert row["snapshot"]["description"] == "theirs"
    assert [e["method"] for e in executed(simulator)] == ["DELETE", "POST"]


def test_somebody_deletes_the_instance_just_before_us(simulator: Simulator) -> None:
    identity = instance_of(simulator, **STOPPED)["id"]
    before = first("DELETE", lambda: simulator.remove(identity))
    result = run(simulator, {"state": "absent"}, before=before)
    assert result.values["instance"] is None


def test_a_new_plan_without_steps_is_no_change(simulator: Simulator) -> None:
    identity = instance_of(simulator)["id"]
    before = first("PATCH", lambda: others_do(simulator, identity, "stop"))
    result = run(simulator, {"state": "stopped"}, before=before)
    assert operations(simulator) == ["stop"]
    assert (result.changed, result.values["operations"]) == (False, [])
    assert result.diff["before"] == result.diff["after"] == {}


@pytest.mark.parametrize("fields", [{}, STOPPED])
def test_one_that_vanishes_meanwhile_is_absent(
    simulator: Simulator, fields: dict[str, Any]
) -> None:
    identity = instance_of(simulator, **fields)["id"]
    before = first("DELETE" if fields else "PATCH", lambda: simulator.remove(identity))
    result = run(simulator, {"state": "absent", "force": True}, before=before)
    assert (result.changed, result.values["instance"]) == (False, None)


def test_one_that_vanishes_after_our_stop_is_not_deleted_again(simulator: Simulator) -> None:
    identity = instance_of(simulator)["id"]
    before = first("DELETE", lambda: simulator.remove(identity))
    result = run(simulator, {"state": "absent", "force": True}, before=before)
    assert (result.values["operations"], result.values["instance"]) == (["stop"], None)
    assert [e["status"] for e in simulator.writes()] == [202, 404]


def test_the_snapshot_of_one_that_vanishes_meanwhile_is_absent(simulator: Simulator) -> None:
    identity = instance_of(simulator, **SNAPSHOT)["id"]
    before = first("DELETE", lambda: simulator.remove(identity))
    result = run_snapshot(simulator, {"state": "absent"}, before=before)
    assert not result.changed
    assert result.values["snapshots"][0]["snapshot"] is None


def test_the_second_step_is_adopted(simulator: Simulator) -> None:
    """Somebody starts it when our stop is over: our start is refused, as it runs."""
    simulator.settings(action_delay=0)
    identity = instance_of(simulator)["id"]
    before = first("start", lambda: others_do(simulator, identity, "start"))
    result = run(simulator, {"state": "restarted"}, before=before)
    assert operations(simulator) == ["stop", "start"]
    assert result.values["operations"] == ["stop"]
    assert [a["process"] for a in result.values["itcare_actions"]] == ["vm_stop", "vm_start"]


def test_what_was_done_and_undone_is_not_adopted(simulator: Simulator) -> None:
    """Just before our stop somebody restarts it, and stops it again: it is down, so the start is still to be done."""
    simulator.settings(action_delay=0)
    identity = instance_of(simulator)["id"]

    def others() -> None:
        for operation in ("stop", "start", "stop"):
            others_do(simulator, identity, operation)

    result = run(simulator, {"state": "restarted"}, before=first("PATCH", others))
    assert operations(simulator) == ["stop", "start", "stop", "start"]
    assert result.values["operations"] == ["start"]
    assert result.values["instance"]["status"] == "ACTIVE"


def set_status(simulator: Simulator, identity: int, status: str) -> None:
    """Without an action."""
    simulator.control("PATCH", f"/control/instances/{identity}", {"status": status})


def test_a_reset_that_is_refused_is_planned_anew(simulator: Simulator) -> None:
    identity = instance_of(simulator)["id"]
    before = first("PATCH", lambda: set_status(simulator, identity, "INACTIVE"))
    with pytest.raises(errors.InputError, match="is INACTIVE, and only a running .* can be reset"):
        run(simulator, {"state": "reset"}, before=before)
    assert not executed(simulator)


def test_a_restart_is_not_planned_anew_half_way(simulator: Simulator) -> None:
    """It would go down a second time."""
    simulator.settings(action_delay=1)
    identity = instance_of(simulator)["id"]
    before = first("start", lambda: set_status(simulator, identity, "PAUSED"))
    with pytest.raises(errors.InvalidRequestError, match="Cannot start"):
        run(simulator, {"state": "restarted"}, before=before)
    sent = [entry["body"]["operation"] for entry in simulator.writes()]
    assert sent.count("stop") == 1


def test_a_group_that_others_give_just_after_the_list_was_read(simulator: Simulator) -> None:
    """Before the look at actions, where it has ended already."""
    simulator.settings(action_delay=0)
    excluded = {"excluded": True, "exclusionReason": "Release"}
    identity = instance_of(simulator, patchParty=excluded)["id"]

    def regrouped() -> None:
        party = {"excluded": False, "patchGroup": 3}
        others_do(simulator, identity, "update_patch_party", patchParty=party)

    client = client_of(simulator, before=first("/actions", regrouped))
    result = ensure_patch_party(client, {**WAIT, "names": [NAME], "excluded": False})
    assert not result.changed
    assert shown(simulator, identity)["patchParty"]["patchGroup"] == "3"


# -- between two writes of ours ------------------------------------------------------------------------------------------


def never_to_nobody(simulator: Simulator) -> None:
    assert not [entry["path"] for entry in simulator.writes() if "None" in entry["path"]]


def test_somebody_begins_between_two_steps(simulator: Simulator) -> None:
    """It is waited for, not met by our next step."""
    identity = instance_of(simulator)["id"]
    looks = itertools.count()

    def before_the_second_look(_method: str, path: str, _sent: Any) -> None:
        if path == "/actions" and next(looks) == 1:
            others_do(simulator, identity, "resize", sizing="4cpu8gb")

    result = run(simulator, {"state": "restarted"}, before=before_the_second_look)
    assert operations(simulator) == ["stop", "resize", "start"]
    assert [e["status"] for e in simulator.writes()] == [202] * 3  # no conflict
    assert result.values["operations"] == ["stop", "start"]


def test_what_others_did_before_our_first_step_does_not_stand_for_the_second(
    simulator: Simulator,
) -> None:
    simulator.settings(action_delay=0)
    identity = instance_of(simulator)["id"]
    before = first("PATCH", lambda: others_do(simulator, identity, "reset"))
    result = run(simulator, {"state": "reset", "sizing": "4cpu8gb"}, before=before)
    assert operations(simulator) == ["reset", "resize", "reset"]
    assert result.values["operations"] == ["resize", "reset"]


def test_a_name_that_another_server_gets_meanwhile(simulator: Simulator) -> None:
    simulator.settings(action_delay=1)
    identity = instance_of(simulator)["id"]
    new: list[int] = []

    def recreate() -> None:
        simulator.advance(5)
        simulator.remove(identity)
        new.append(instance_of(simulator)["id"])

    run(simulator, {"state": "absent", "force": True}, after=first("PATCH", recreate))
    assert shown(simulator, new[0])["status"] == "ACTIVE"
    assert {entry["path"].split("/")[4] for entry in simulator.writes()} == {str(identity)}


@pytest.mark.parametrize("moment", ["before", "after the stop"])
def test_a_restart_of_one_that_is_deleted(simulator: Simulator, moment: str) -> None:
    simulator.settings(action_delay=20)
    identity = instance_of(simulator, **(STOPPED if moment == "before" else {}))["id"]
    if moment == "before":
        others_do(simulator, identity, "DELETE /{id}")

    def vanish() -> None:
        simulator.advance(30)
        simulator.remove(identity)

    with pytest.raises(errors.InputError, match="There is no instance"):
        run(simulator, {"state": "restarted"}, after=first("PATCH", vanish))
    never_to_nobody(simulator)


def test_one_that_vanishes_after_our_stop_is_absent(simulator: Simulator) -> None:
    simulator.settings(action_delay=1)
    identity = instance_of(simulator)["id"]

    def vanish() -> None:
        simulator.advance(5)
        simulator.remove(identity)

    time = SimulatedTime(simulator)
    after = first("PATCH", vanish)
    result = run(simulator, {"state": "absent", "force": True}, time=time, after=after)
    assert result.values["instance"] is None
    assert sum(time.slept) < 5
    never_to_nobody(simulator)


def test_one_that_vanishes_after_an_empty_answer(simulator: Simulator) -> None:
    """That isn't a matter of time."""
    simulator.settings(action_delay=50, accepted_body="empty")
    identity = instance_of(simulator, status="INACTIVE")["id"]
    after = first("PATCH", lambda: simulator.remove(identity))
    with pytest.raises(errors.ItcareError, match="TEST01 is gone: it was there before 'start'"):
        run(simulator, {"state": "started"}, after=after)


def test_a_snapshot_that_others_recover_while_the_first_ones_are(simulator: Simulator) -> None:
    """Minutes go by before its turn comes; once more would throw away what was done since."""
    simulator.settings(action_delay=300)
    _first, second = (instance_of(simulator, name=name, **SNAPSHOT)["id"] for name in "AB")

    def recovered() -> None:
        simulator.settings(action_delay=0)
        others_do(simulator, second, "PATCH /{id}/snapshots")

    options = {"names": ["A", "B"], "state": "recovered"}
    result = run_snapshot(simulator, options, after=first("PATCH", recovered))
    assert [row["changed"] for row in result.values["snapshots"]] == [True, False]
    assert len(executed(simulator)) == 2


def test_what_others_begin_while_the_first_ones_are_recovered(simulator: Simulator) -> None:
    """After minutes the list of actions is as old as that of instances: it is waited for, not met by our write."""
    simulator.settings(action_delay=300)
    _first, second = (instance_of(simulator, name=name, **SNAPSHOT)["id"] for name in "AB")

    def begun() -> None:
        simulator.settings(action_delay=600)
        others_do(simulator, second, "PATCH /{id}/snapshots")

    options = {"names": ["A", "B"], "state": "recovered", "concurrency": 1}
    result = run_snapshot(simulator, options, after=first("PATCH", begun))
    assert [row["changed"] for row in result.values["snapshots"]] == [True, False]
    assert [e["status"] for e in simulator.writes()] == [202, 202]  # no conflict


def test_a_group_that_others_give_while_the_first_ones_are_changed(simulator: Simulator) -> None:
    """Without a group that is asked for the present one is sent along: that of its turn, not of the list."""
    simulator.settings(action_delay=300)
    excluded = {"excluded": True, "exclusionReason": "Release", "patchGroup": "1"}
    _first, second = (instance_of(simulator, name=n, patchParty=excluded)["id"] for n in "AB")

    def regrouped() -> None:
        simulator.settings(action_delay=0)
        party = {"excluded": False, "patchGroup": 3}
        others_do(simulator, second, "update_patch_party", patchParty=party)

    client = client_of(simulator, after=first("PATCH", regrouped))
    options = {**WAIT, "names": ["A", "B"], "excluded": False, "concurrency": 1}
    result = ensure_patch_party(client, options)
    assert [row["changed"] for row in result.values["instances"]] == [True, False]
    assert shown(simulator, second)["patchParty"]["patchGroup"] == "3"


def test_a_group_that_others_give_while_a_twin_is_changed(simulator: Simulator) -> None:
    """Twins are asked for alone; what ended since the list was read counts, though it's before their turn."""
    simulator.settings(action_delay=30)
    excluded = {"excluded": True, "exclusionReason": "Release", "patchGroup": "1"}
    ids = [instance_of(simulator, name="TWIN", patchParty=excluded)["id"] for _number in range(2)]

    def regrouped() -> None:
        simulator.settings(action_delay=0)
        party = {"excluded": False, "patchGroup": 3}
        others_do(simulator, ids[1], "update_patch_party", patchParty=party)

    client = client_of(simulator, after=first("PATCH", regrouped))
    options = {**WAIT, "ids": ids, "excluded": False, "concurrency": 1}
    result = ensure_patch_party(client, options)
    assert [row["changed"] for row in result.values["instances"]] == [True, False]
    assert shown(simulator, ids[1])["patchParty"]["patchGroup"] == "3"


# -- all at once ---------------------------------------------------------------------------------------------------------


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
def test_many_tasks_at_once(
    simulator: Simulator, work: Any, fields: dict[str, Any], options: dict[str, Any], most: int
) -> None:
    """Many hosts without run_once: none fails, and what is done is what one would have done."""
    identity = instance_of(simulator, **fields)["id"]
    results = run_at_once(simulator, 11, work, options)
    assert [str(r) for r in results if isinstance(r, Exception)] == []
    assert len(executed(simulator)) == most
    assert sum(len(r.values["operations"]) for r in results) == most
    assert [r.changed for r in results] == [bool(r.values["operations"]) for r in results]
    if options.get("state") == "restarted":
        assert shown(simulator, identity)["status"] == "ACTIVE"
