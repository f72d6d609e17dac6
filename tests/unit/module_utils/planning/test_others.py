# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What others have in progress is looked at before the state: waited for or adopted, and foreseen in check mode."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from ansible_collections.cegedim.cloud.plugins.module_utils.api import errors
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.patch_party.ensure import (
    ensure as ensure_patch_party,
)
from support.client import (
    NAME,
    WAIT,
    SimulatedTime,
    calls,
    client_of,
    executed,
    instance_of,
    operations,
    shown,
)
from support.rivals import others_create, others_do
from support.simulator import Simulator
from support.tasks import CREATE, SNAPSHOT, STOPPED, run, run_snapshot


@pytest.fixture(autouse=True)
def _slow_actions(simulator: Simulator) -> None:
    simulator.settings(action_delay=100)


# -- what contradicts a desired state is waited for ----------------------------------------------------------------------


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
    others_do(simulator, identity, theirs)
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
    others_do(simulator, identity, "stop")
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
    others_do(simulator, identity, theirs, **options.get(theirs, {"state": True}))
    time = SimulatedTime(simulator)
    assert not run(simulator, {"state": "started"}, time=time).changed
    assert not time.slept


def test_one_that_is_being_created_is_there_already(simulator: Simulator) -> None:
    """Even where the task doesn't say enough to create it."""
    others_create(simulator)
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


def test_anothers_action_is_waited_for(simulator: Simulator) -> None:
    identity = instance_of(simulator)["id"]
    others_do(simulator, identity, "update_monitoring", state=True, alerting=True)
    result = run(simulator, {"state": "stopped"})
    assert result.values["operations"] == ["stop"]
    assert [e["status"] for e in simulator.writes()] == [202, 202]  # no conflict


def test_size_of_one_that_is_being_created(simulator: Simulator) -> None:
    simulator.settings(action_delay=30)
    others_create(simulator)
    assert run(simulator, {"sizing": "4cpu8gb"}).values["operations"] == ["resize"]


def test_anothers_action_that_may_not_be_polled(simulator: Simulator) -> None:
    simulator.settings(action_delay=5)
    identity = instance_of(simulator)["id"]
    others_do(simulator, identity, "stop")
    simulator.fault(path=r"/actions/\d+$", count=0, fault={"status": 403})
    result = run(simulator, {"state": "started"})
    assert not result.changed
    (warning,) = result.warnings
    assert "isn't waited for" in warning


def test_older_actions_cost_no_wait(simulator: Simulator) -> None:
    """What this task's predecessor did to the same snapshots a second ago."""
    simulator.settings(action_delay=0)
    for name in "AB":
        instance_of(simulator, name=name)
    run_snapshot(simulator, {"names": ["A", "B"]})
    time = SimulatedTime(simulator)
    run_snapshot(simulator, {"names": ["A", "B"], "replace": True}, time=time)
    assert sum(time.slept) < 5


# -- snapshots -----------------------------------------------------------------------------------------------------------


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
    others_do(simulator, identity, theirs)
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


def test_a_row_that_fails_before_its_plan_shows_its_snapshot(simulator: Simulator) -> None:
    simulator.settings(action_delay=100)
    identity = instance_of(simulator, **SNAPSHOT)["id"]
    others_do(simulator, identity, "PATCH /{id}/snapshots")
    with pytest.raises(errors.ItcareError) as caught:
        run_snapshot(simulator, {"state": "absent", "wait_timeout": 30})
    (row,) = caught.value.details["snapshots"]
    assert row["snapshot"]["description"] == "theirs"
    assert json.dumps(row)
    assert "GET /actions" in calls(simulator)


def test_a_row_that_fails_later_shows_the_snapshot_that_was_waited_for(
    simulator: Simulator,
) -> None:
    identity = instance_of(simulator)["id"]
    others_do(simulator, identity, "POST /{id}/snapshots", description="theirs")
    simulator.fault(method="DELETE", fault={"status": 403})
    with pytest.raises(errors.ItcareError, match="answered 403") as caught:
        run_snapshot(simulator, {"state": "absent"})
    (row,) = caught.value.details["snapshots"]
    assert row["snapshot"]["description"] == "theirs"


def test_what_is_in_progress_excuses_only_where_it_is_about_snapshots(
    simulator: Simulator,
) -> None:
    ids = [instance_of(simulator, name=name)["id"] for name in "AB"]
    others_do(simulator, ids[0], "resize", sizing="4cpu8gb")
    options = {"names": ["A", "B"], "state": "recovered"}
    with pytest.raises(errors.InputError, match="A has no snapshot.*B has no snapshot"):
        run_snapshot(simulator, options)
    # what makes a snapshot does
    others_do(simulator, ids[1], "POST /{id}/snapshots")
    with pytest.raises(errors.InputError, match="^A has no snapshot to recover. Nothing"):
        run_snapshot(simulator, options)


# -- adopted is what does just the same ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sizing", "expected"), [("4cpu8gb", ["resize"]), ("8cpu32gb", ["resize", "resize"])]
)
def test_another_size_in_progress_is_not_ours(
    simulator: Simulator, sizing: str, expected: list[str]
) -> None:
    identity = instance_of(simulator)["id"]
    others_do(simulator, identity, "resize", sizing="4cpu8gb")
    result = run(simulator, {"sizing": sizing})
    assert operations(simulator) == expected
    assert result.values["operations"] == expected[1:]
    assert f"{result.values['instance']['cpu']}cpu{result.values['instance']['ram']}gb" == sizing


def test_a_later_step_in_progress_does_not_stand_for_those_before(simulator: Simulator) -> None:
    identity = instance_of(simulator)["id"]
    others_do(simulator, identity, "resize", sizing="4cpu8gb")
    result = run(simulator, {"state": "restarted", "sizing": "4cpu8gb"})
    # the size is as desired by then, but the power goes down and up again
    assert operations(simulator) == ["resize", "stop", "start"]
    assert result.values["operations"] == ["stop", "start"]
    assert result.values["instance"]["status"] == "ACTIVE"


def test_an_action_that_fails_meanwhile_is_not_adopted(simulator: Simulator) -> None:
    identity = instance_of(simulator)["id"]
    simulator.fail_actions(fail=1)
    others_do(simulator, identity, "stop")
    assert run(simulator, {"state": "stopped"}).values["operations"] == ["stop"]
    assert operations(simulator) == ["stop", "stop"]


def test_the_effect_of_an_action_that_fails_meanwhile_is_not_awaited(simulator: Simulator) -> None:
    simulator.settings(action_delay=1)
    identity = instance_of(simulator)["id"]
    simulator.fail_actions(fail=1)
    others_do(simulator, identity, "stop")
    time = SimulatedTime(simulator)
    assert not run(simulator, {"state": "started"}, time=time).changed
    assert sum(time.slept) < 10


def test_the_first_of_two_steps_in_progress_is_waited_for_without_wait(
    simulator: Simulator,
) -> None:
    identity = instance_of(simulator)["id"]
    others_do(simulator, identity, "stop")
    result = run(simulator, {"state": "absent", "force": True, "wait": False})
    assert operations(simulator) == ["stop", f"DELETE {identity}"]
    assert result.values["operations"] == ["delete"]


def test_two_of_a_thousand_that_others_did(simulator: Simulator) -> None:
    ids = [instance_of(simulator, name=f"T{number}")["id"] for number in range(4)]
    party = {"patchParty": {"excluded": False, "patchGroup": 2}}
    for identity in ids[:2]:
        others_do(simulator, identity, "update_patch_party", **party)
    options = {**WAIT, "ids": ids, "patch_group": "2", "concurrency": 2}
    result = ensure_patch_party(client_of(simulator), options)
    assert [row["changed"] for row in result.values["instances"]] == [False, False, True, True]
    assert Counter(operations(simulator)) == {"update_patch_party": 4}


def test_a_timeout_on_anothers_action_is_no_change(simulator: Simulator) -> None:
    identity = instance_of(simulator)["id"]
    others_do(simulator, identity, "resize", sizing="4cpu8gb")
    with pytest.raises(errors.ActionTimeoutError) as caught:
        run(simulator, {"state": "stopped", "wait_timeout": 30})
    assert caught.value.details["changed"] is False
    assert [a["process"] for a in caught.value.details["itcare_actions"]] == ["vm_resize"]


# -- two of one name -----------------------------------------------------------------------------------------------------


def test_one_of_two_of_a_name(simulator: Simulator) -> None:
    """An action tells the name only; the other's stands for nothing."""
    ids = [instance_of(simulator, name="TWIN")["id"] for _number in range(2)]
    others_do(simulator, ids[0], "POST /{id}/snapshots")
    options = {"names": None, "ids": ids, "wait": False}
    result = run_snapshot(simulator, options)
    assert {e["path"].split("/")[4] for e in executed(simulator)} == {str(i) for i in ids}
    assert [row["changed"] for row in result.values["snapshots"]] == [False, True]


def test_a_twin_that_is_not_selected(simulator: Simulator) -> None:
    simulator.settings(action_delay=100)
    twin, theirs = (instance_of(simulator, name="TWIN")["id"] for _number in range(2))
    other = instance_of(simulator, name="OTHER")["id"]
    others_do(simulator, theirs, "POST /{id}/snapshots")
    run_snapshot(simulator, {"names": None, "ids": [twin, other], "wait": False})
    simulator.advance(200)
    assert shown(simulator, twin)["snapshot"]
    assert shown(simulator, other)["snapshot"]


def test_twins_one_of_whose_snapshots_is_going(simulator: Simulator) -> None:
    simulator.settings(action_delay=30)
    other = instance_of(simulator, name="OTHER")["id"]
    twins = [instance_of(simulator, name="TWIN", **SNAPSHOT)["id"] for _number in range(2)]
    others_do(simulator, twins[0], "DELETE /{id}/snapshots/{snapshot}")
    simulator.settings(action_delay=60)
    run_snapshot(simulator, {"names": None, "ids": [other, *twins]})
    assert all(shown(simulator, identity)["snapshot"] for identity in (other, *twins))


# -- check mode ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "theirs", "options"),
    [
        (STOPPED, "start", {"state": "restarted"}),
        ({}, "reset", {"state": "reset"}),
        ({}, "POST /{id}/snapshots", {"replace": True}),
        (SNAPSHOT, "PATCH /{id}/snapshots", {"state": "recovered", "force": True}),
        (SNAPSHOT, "DELETE /{id}/snapshots/{snapshot}", {"replace": True}),
    ],
    ids=["restart", "reset", "create snapshot", "recover", "replace"],
)
def test_what_would_be_adopted_is_not_predicted(
    simulator: Simulator, fields: dict[str, Any], theirs: str, options: dict[str, Any]
) -> None:
    simulator.settings(action_delay=20)
    identity = instance_of(simulator, **fields)["id"]
    others_do(simulator, identity, theirs)
    work = run_snapshot if "snapshots" in theirs else run
    predicted = work(simulator, options, read_only=True)
    real = work(simulator, options)
    assert predicted.values["operations"] == real.values["operations"]
    assert predicted.changed == real.changed


def test_two_in_progress_are_foreseen_in_their_order(simulator: Simulator) -> None:
    instance_of(simulator, **SNAPSHOT)

    def queued(path: str, data: Any) -> Any:
        if path != "/actions":
            return data
        return [
            {"id": number, "status": "IN_PROGRESS", "process": process, "resourceName": NAME}
            for number, process in ((2, "vm_create_snapshot"), (1, "vm_delete_snapshot"))
        ]

    assert not run_snapshot(simulator, {}, read_only=True, shows=queued).changed


def test_a_dry_run_of_what_is_still_being_created(simulator: Simulator) -> None:
    simulator.settings(action_delay=30)
    others_create(simulator)
    result = run(simulator, {"state": "stopped"}, read_only=True, dry_run=True)
    assert result.values["operations"] == ["stop"]
    assert not [entry["path"] for entry in simulator.writes() if "None" in entry["path"]]
