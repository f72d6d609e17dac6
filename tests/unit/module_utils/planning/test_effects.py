# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A change is reported as done when its effect shows: not when an action has ended, nor when one like it was seen."""

from __future__ import annotations

import json
from typing import Any

import pytest
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
OLD = {"snapshot": {"description": "old"}}


def run(simulator: Simulator, options: dict[str, Any], **client: Any) -> Result:
    return ensure(client_of(simulator, **client), {**WAIT, "name": NAME, **options})


def run_snapshot(simulator: Simulator, options: dict[str, Any], **client: Any) -> Result:
    return ensure_snapshot(client_of(simulator, **client), {**WAIT, "names": [NAME], **options})


def party(simulator: Simulator, **options: Any) -> Result:
    return ensure_patch_party(client_of(simulator), {**WAIT, "concurrency": 2, **options})


# -- an action like ours isn't ours -----------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [{"cut": "before"}, {"status": 502}])
def test_an_exclusion_just_before_does_not_stand_for_a_lost_inclusion(
    simulator: Simulator, fault: dict[str, Any]
) -> None:
    simulator.settings(action_delay=0)
    ids = [instance_of(simulator, name=name)["id"] for name in ("A", "B")]
    party(simulator, names=["A", "B"], excluded=True, exclusion_reason="Release")
    simulator.fault(method="PATCH", fault=fault)
    result = party(simulator, names=["A", "B"], excluded=False, patch_group="2")
    assert result.changed
    parties = [shown(simulator, identity)["patchParty"] for identity in ids]
    assert [(p["excluded"], p["patchGroup"]) for p in parties] == [(False, "2")] * 2


def test_a_resize_just_before_does_not_stand_for_a_lost_one(simulator: Simulator) -> None:
    simulator.settings(action_delay=0)
    instance_of(simulator)
    run(simulator, {"sizing": "4cpu8gb"})
    simulator.fault(method="PATCH", fault={"cut": "before"})
    result = run(simulator, {"sizing": "8cpu16gb"})
    assert (result.values["instance"]["cpu"], result.values["instance"]["ram"]) == (8, 16)
    assert result.values["operations"] == ["resize"]


def test_a_snapshot_just_before_does_not_stand_for_a_lost_one(simulator: Simulator) -> None:
    """Many at once: only those in progress were listed before, so an ended one is told by its effect."""
    simulator.settings(action_delay=0)
    ids = [instance_of(simulator, name=name)["id"] for name in ("A", "B")]
    for state in ("present", "absent"):
        run_snapshot(simulator, {"names": ["A", "B"], "state": state})
    simulator.fault(method="POST", path="snapshots", fault={"cut": "before"})
    assert run_snapshot(simulator, {"names": ["A", "B"]}).changed
    assert all(shown(simulator, identity)["snapshot"] for identity in ids)


def test_the_resource_in_an_answer_is_no_action(simulator: Simulator) -> None:
    """Its id could even be that of somebody's action."""
    instance = instance_of(simulator)
    body = json.dumps({**shown(simulator, instance["id"]), "status": "ACTIVE"})
    simulator.fault(method="PATCH", fault={"status": 200, "body": body, "execute": True})
    result = run(simulator, {"state": "stopped"})
    assert result.values["operations"] == ["stop"]
    assert result.values["instance"]["status"] == "INACTIVE"
    assert [a["process"] for a in result.values["itcare_actions"]] == ["vm_stop"]


# -- the end of an action isn't its effect ----------------------------------------------------------------------------

LAGGING: dict[str, tuple[dict[str, Any] | None, dict[str, Any], list[str]]] = {
    "create": (None, CREATE, ["POST instances"]),
    "create, stopped": (None, {**CREATE, "state": "stopped"}, ["POST instances", "stop"]),
    "stop": ({}, {"state": "stopped"}, ["stop"]),
    "start": (STOPPED, {"state": "started"}, ["start"]),
    "restart": ({}, {"state": "restarted"}, ["stop", "start"]),
    "resize": ({}, {"sizing": "4cpu8gb"}, ["resize"]),
    "backup": ({}, {"backup": {"enabled": True}}, ["update_backup"]),
    "delete": ({}, {"state": "absent", "force": True}, ["stop", "DELETE ID"]),
}


@pytest.mark.parametrize("body", ["action", "empty"])
@pytest.mark.parametrize(("fields", "options", "done"), LAGGING.values(), ids=LAGGING)
def test_the_result_shows_the_effect(
    simulator: Simulator,
    fields: dict[str, Any] | None,
    options: dict[str, Any],
    done: list[str],
    body: str,
) -> None:
    simulator.settings(action_delay=1, effect_lag=8, accepted_body=body)
    identity = instance_of(simulator, **fields)["id"] if fields is not None else 0
    result = run(simulator, options)
    assert operations(simulator) == [text.replace("ID", str(identity)) for text in done]
    assert [e["status"] for e in simulator.writes()] == [202] * len(done)
    assert not result.warnings
    if options.get("state") == "absent":
        assert result.values["instance"] is None
    else:
        assert result.values["instance"] is not None
        wanted = {"stopped": "INACTIVE"}.get(options.get("state", ""), "ACTIVE")
        assert result.values["instance"]["status"] == wanted
    if options.get("state") != "restarted":
        assert not run(simulator, options).changed


def test_deleted_then_present_again(simulator: Simulator) -> None:
    simulator.settings(action_delay=1, effect_lag=8)
    instance_of(simulator, **STOPPED)
    assert run(simulator, {"state": "absent"}).changed
    assert run(simulator, CREATE).values["operations"] == ["create"]
    assert run(simulator, {"state": "present"}).values["instance"]["status"] == "ACTIVE"


@pytest.mark.parametrize(
    ("fields", "options", "done"),
    [
        ({}, {}, ["POST"]),
        (OLD, {"replace": True}, ["DELETE", "POST"]),
        (OLD, {"state": "recovered"}, ["PATCH"]),
        (OLD, {"state": "absent"}, ["DELETE"]),
    ],
)
def test_the_effect_on_a_snapshot(
    simulator: Simulator, fields: dict[str, Any], options: dict[str, Any], done: list[str]
) -> None:
    simulator.settings(action_delay=1, effect_lag=8)
    identity = instance_of(simulator, **fields)["id"]
    result = run_snapshot(simulator, options)
    assert [e["method"] for e in simulator.writes()] == done
    assert not result.warnings
    (row,) = result.values["snapshots"]
    now = shown(simulator, identity)["snapshot"]
    assert (row["snapshot"] or {}).get("id") == (now or {}).get("id")
    if options.get("state") == "recovered":
        assert row["snapshot"]["recovered_at"]


def test_a_refusal_of_the_second_step_as_not_all_know_of_the_first(simulator: Simulator) -> None:
    instance_of(simulator)
    refused = {"status": 400, "body": '{"errorCode": "INVALID_STATUS"}'}
    simulator.fault(method="PATCH", skip=1, count=3, fault=refused)
    result = run(simulator, {"state": "restarted"})
    assert result.values["operations"] == operations(simulator) == ["stop", "start"]


def test_an_effect_that_never_shows(simulator: Simulator) -> None:
    simulator.settings(action_delay=1, effect_lag=100_000)
    instance_of(simulator)
    time = SimulatedTime(simulator)
    result = run(simulator, {"state": "stopped"}, time=time)
    assert result.values["operations"] == ["stop"]
    (warning,) = result.warnings
    assert "doesn't show the effect of 'stop'" in warning
    assert sum(time.slept) < 60
    assert len(executed(simulator)) == 1
