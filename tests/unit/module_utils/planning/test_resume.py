# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What isn't waited for to its end, by `wait_timeout` or `wait: false`, is resumed by the same task, never begun twice."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.cegedim.cloud.plugins.module_utils.api import errors
from support.client import (
    executed,
    instance_of,
    operations,
    shown,
)
from support.simulator import Simulator
from support.tasks import CREATE, STOPPED, run, run_snapshot


@pytest.fixture(autouse=True)
def _slow_actions(simulator: Simulator) -> None:
    simulator.settings(action_delay=100)


SHORT = {"wait_timeout": 30}


# (fields; options; what is executed by the run that times out; what the next one adds)
RESUMED: dict[str, tuple[dict[str, Any] | None, dict[str, Any], list[str], list[str]]] = {
    "create": (None, CREATE, ["POST instances"], []),
    "create, stopped": (None, {**CREATE, "state": "stopped"}, ["POST instances"], ["stop"]),
    "start": (STOPPED, {"state": "started"}, ["start"], []),
    "stop": ({}, {"state": "stopped"}, ["stop"], []),
    "restart": ({}, {"state": "restarted"}, ["stop"], ["start"]),
    "reset": ({}, {"state": "reset"}, ["reset"], []),
    "resize": ({}, {"sizing": "4cpu8gb"}, ["resize"], []),
    "several": (
        {},
        {"sizing": "4cpu8gb", "backup": {"enabled": True}},
        ["resize"],
        ["update_backup"],
    ),
    "delete": ({}, {"state": "absent", "force": True}, ["stop"], ["DELETE {id}"]),
}


@pytest.mark.parametrize(("fields", "options", "first", "then"), RESUMED.values(), ids=RESUMED)
def test_a_wait_that_times_out_is_resumed(
    simulator: Simulator,
    fields: dict[str, Any] | None,
    options: dict[str, Any],
    first: list[str],
    then: list[str],
) -> None:
    identity = instance_of(simulator, **fields)["id"] if fields is not None else 0
    with pytest.raises(errors.ActionTimeoutError, match="after 30 s .wait_timeout") as caught:
        run(simulator, {**options, **SHORT})
    action = executed(simulator)[0]["action_id"]
    assert f"ction {action} (vm_" in str(caught.value)
    assert "Run the same task again to resume" in str(caught.value)
    assert [a["status"] for a in caught.value.details["itcare_actions"]] == ["IN_PROGRESS"]
    assert operations(simulator) == first

    result = run(simulator, options)
    expected = first + [text.replace("{id}", str(identity)) for text in then]
    assert operations(simulator) == expected
    # what the first run began isn't the second one's doing
    assert len(result.values["operations"]) == len(then)
    assert result.changed == bool(then)
    assert action in [a["id"] for a in result.values["itcare_actions"]]
    if options.get("state") not in ("restarted", "reset"):
        assert not run(simulator, options).changed


def test_a_restart_that_times_out_while_it_starts(simulator: Simulator) -> None:
    identity = instance_of(simulator)["id"]
    with pytest.raises(errors.ActionTimeoutError) as caught:
        run(simulator, {"state": "restarted", "wait_timeout": 150})
    assert caught.value.details["operations"] == ["stop"]
    assert operations(simulator) == ["stop", "start"]
    assert run(simulator, {"state": "restarted"}).values["operations"] == []
    assert operations(simulator) == ["stop", "start"]
    assert shown(simulator, identity)["status"] == "ACTIVE"


@pytest.mark.parametrize("timeout", [30, 150], ids=["deleting", "creating"])
@pytest.mark.parametrize("options", [{"replace": True}, {"max_age": "1h"}])
def test_a_replacement_of_a_snapshot_is_resumed(
    simulator: Simulator, options: dict[str, Any], timeout: int
) -> None:
    old = {"createdAt": "2026-01-01T00:00:00.000+0000", "expiresAt": None}
    identity = instance_of(simulator, snapshot=old)["id"]
    with pytest.raises(errors.ItcareError, match="wait_timeout"):
        run_snapshot(simulator, {**options, "wait_timeout": timeout})
    result = run_snapshot(simulator, options)
    assert [e["method"] for e in executed(simulator)] == ["DELETE", "POST"]
    assert (
        result.values["snapshots"][0]["snapshot"]["id"]
        == shown(simulator, identity)["snapshot"]["id"]
    )


@pytest.mark.parametrize("force", [False, True])
def test_a_recovery_is_resumed(simulator: Simulator, force: bool) -> None:
    instance_of(simulator, snapshot={"description": "x"})
    options = {"state": "recovered", "force": force}
    with pytest.raises(errors.ItcareError, match="vm_recover_snapshot"):
        run_snapshot(simulator, {**options, **SHORT})
    assert run_snapshot(simulator, options).values["operations"] == []
    assert len(executed(simulator)) == 1
    assert run_snapshot(simulator, options).changed is force


@pytest.mark.parametrize(
    ("fields", "options", "operation"),
    [
        (None, CREATE, "create"),
        (STOPPED, {"state": "started"}, "start"),
        ({}, {"state": "stopped"}, "stop"),
        ({}, {"state": "reset"}, "reset"),
        (STOPPED, {"state": "absent"}, "delete"),
        ({}, {"sizing": "4cpu8gb"}, "resize"),
    ],
)
def test_without_waiting(
    simulator: Simulator, fields: dict[str, Any] | None, options: dict[str, Any], operation: str
) -> None:
    if fields is not None:
        instance_of(simulator, **fields)
    result = run(simulator, {**options, "wait": False})
    assert result.values["operations"] == [operation]
    assert [a["status"] for a in result.values["itcare_actions"]] == ["IN_PROGRESS"]
    assert (result.values["instance"] is None) == (fields is None)
    again = run(simulator, {**options, "wait": False})
    assert len(executed(simulator)) == 1
    # only what an action does tells whether it is the one; for a size that shows at its end
    ended = operation == "resize"
    assert [a["status"] for a in again.values["itcare_actions"]] == (
        ["SUCCESS"] if ended else ["IN_PROGRESS"]
    )


def test_between_two_steps_there_is_always_a_wait(simulator: Simulator) -> None:
    instance_of(simulator)
    result = run(simulator, {"state": "absent", "force": True, "wait": False})
    assert result.values["operations"] == ["stop", "delete"]
    assert [a["status"] for a in result.values["itcare_actions"]] == ["SUCCESS", "IN_PROGRESS"]
