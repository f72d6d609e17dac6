# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A change is done when its effect shows, not when its action has ended, though reads lag and replicas disagree."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.cegedim.cloud.plugins.module_utils.api import errors
from support.client import (
    SimulatedTime,
    executed,
    instance_of,
    operations,
    shown,
)
from support.rivals import first, others_do
from support.simulator import Simulator
from support.tasks import CREATE, SNAPSHOT, STOPPED, run, run_snapshot

# -- the end of an action isn't its effect -------------------------------------------------------------------------------


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
        (SNAPSHOT, {"replace": True}, ["DELETE", "POST"]),
        (SNAPSHOT, {"state": "recovered"}, ["PATCH"]),
        (SNAPSHOT, {"state": "absent"}, ["DELETE"]),
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


@pytest.mark.parametrize(
    ("fields", "options", "done"),
    [
        ({}, {"state": "restarted"}, "stop"),
        (None, {**CREATE, "state": "stopped"}, "create"),
        ({}, {"state": "absent", "force": True}, "stop"),
    ],
)
def test_no_next_step_before_the_effect_of_the_last(
    simulator: Simulator, fields: dict[str, Any] | None, options: dict[str, Any], done: str
) -> None:
    simulator.settings(action_delay=1, effect_lag=100)
    if fields is not None:
        instance_of(simulator, **fields)
    with pytest.raises(errors.ActionTimeoutError, match="was not begun") as caught:
        run(simulator, options)
    assert caught.value.details["operations"] == [done]
    assert caught.value.details["changed"]
    assert len(simulator.writes()) == 1


def test_a_snapshot_is_deleted_once_though_it_is_still_shown(simulator: Simulator) -> None:
    simulator.settings(action_delay=1, effect_lag=100_000)
    instance_of(simulator, **SNAPSHOT)
    result = run_snapshot(simulator, {"state": "absent"})
    assert len(simulator.writes()) == 1
    assert any("doesn't show the effect" in text for text in result.warnings)


@pytest.mark.parametrize(
    ("fields", "theirs", "options", "ours"),
    [
        ({}, "stop", {"state": "started"}, ["start"]),
        (STOPPED, "DELETE /{id}", CREATE, ["create"]),
    ],
)
@pytest.mark.parametrize("read_only", [True, False])
def test_an_action_that_has_just_ended_and_does_not_show_yet(
    simulator: Simulator,
    fields: dict[str, Any],
    theirs: str,
    options: dict[str, Any],
    ours: list[str],
    read_only: bool,
) -> None:
    simulator.settings(action_delay=1, effect_lag=8)
    identity = instance_of(simulator, **fields)["id"]
    others_do(simulator, identity, theirs)
    simulator.advance(2)
    result = run(simulator, options, read_only=read_only)
    assert result.values["operations"] == ours
    if not read_only:
        simulator.advance(60)
        assert result.values["instance"]["status"] == "ACTIVE"
        assert not run(simulator, options).changed


def test_what_has_just_ended_is_in_the_result(simulator: Simulator) -> None:
    simulator.settings(action_delay=1, effect_lag=8)
    identity = instance_of(simulator)["id"]
    others_do(simulator, identity, "stop")
    simulator.advance(2)
    time = SimulatedTime(simulator)
    predicted = run(simulator, {"state": "stopped"}, read_only=True, time=time)
    assert not time.slept
    real = run(simulator, {"state": "stopped"})
    for result in (predicted, real):
        assert not result.changed
        assert result.values["instance"]["status"] == "INACTIVE"


def test_what_has_just_failed_has_no_effect(simulator: Simulator) -> None:
    simulator.settings(action_delay=1)
    identity = instance_of(simulator)["id"]
    simulator.fail_actions(fail=1)
    others_do(simulator, identity, "stop")
    simulator.advance(2)
    assert not run(simulator, {"state": "started"}, read_only=True).changed


@pytest.mark.parametrize("read_only", [True, False])
def test_an_action_that_ended_long_ago_tells_nothing(simulator: Simulator, read_only: bool) -> None:
    """The snapshot that it made has expired since."""
    simulator.settings(action_delay=1)
    instance_of(simulator)
    run_snapshot(simulator, {})
    simulator.advance(5 * 86400)
    time = SimulatedTime(simulator)
    result = run_snapshot(simulator, {}, read_only=read_only, time=time)
    assert result.values["operations"] == ["create snapshot"]
    assert sum(time.slept) < 10


# -- replicas that disagree ----------------------------------------------------------------------------------------------


def test_a_restart_whose_start_is_refused_by_a_replica_that_lags(simulator: Simulator) -> None:
    """Both its refusal and what it shows are of the time before the stop."""
    simulator.settings(action_delay=1)
    identity = instance_of(simulator)["id"]
    stale = [0]

    def refused(_method: str, path: str, sent: Any) -> None:
        if sent == {"operation": "start"} and stale[0] < 4:
            stale[0] += 1
            raise errors.InvalidRequestError("PATCH", path, 400, said="status is ACTIVE")

    def lagging(path: str, data: Any) -> Any:
        if 0 < stale[0] < 4 and path.endswith(f"/{identity}"):
            data["status"] = "ACTIVE"
        return data

    result = run(simulator, {"state": "restarted"}, before=refused, shows=lagging)
    assert result.values["operations"] == operations(simulator) == ["stop", "start"]
    assert shown(simulator, identity)["status"] == "ACTIVE"


@pytest.mark.parametrize("happens", ["start is lost", "others at work"])
def test_a_state_of_before_the_stop_is_no_start(simulator: Simulator, happens: str) -> None:
    """One of several replicas still shows the server running when it is looked at before the start."""
    simulator.settings(action_delay=0)
    identity = instance_of(simulator)["id"]
    stale: list[bool] = []

    def stopped() -> None:
        if happens == "start is lost":
            simulator.fault(method="PATCH", fault={"cut": "before"})
        else:
            others_do(simulator, identity, "update_backup", state=True)

    def lagging(path: str, data: Any) -> Any:
        if path.endswith(f"/{identity}"):
            stale.append(True)
            if len(stale) == 2:  # the first look, after the stop, was at another replica
                data["status"] = "ACTIVE"
        return data

    after = first("PATCH", stopped)
    result = run(simulator, {"state": "restarted"}, after=after, shows=lagging)
    assert [o for o in operations(simulator) if o != "update_backup"] == ["stop", "start"]
    assert result.values["operations"] == ["stop", "start"]
    assert shown(simulator, identity)["status"] == "ACTIVE"
