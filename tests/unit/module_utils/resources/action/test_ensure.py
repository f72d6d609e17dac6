# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""itcare_action_wait against the server: many at once, until all have ended or the time is over."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from ansible_collections.cegedim.cloud.plugins.module_utils.api import errors
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.action.ensure import (
    ensure as wait,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.action.gather import gather
from support.client import WAIT, SimulatedTime, calls, client_of, instance_of
from support.rivals import others_stop
from support.simulator import Simulator


def run(simulator: Simulator, options: dict[str, Any], **client: Any) -> list[dict[str, Any]]:
    result = wait(client_of(simulator, **client), {**WAIT, **options})
    assert not result.changed
    found: list[dict[str, Any]] = result.values["itcare_actions"]
    return found


@pytest.fixture(autouse=True)
def _slow_actions(simulator: Simulator) -> None:
    simulator.settings(action_delay=20)


@pytest.mark.parametrize("id_type", ["int", "str"])
def test_many_at_once_in_the_order_asked(simulator: Simulator, id_type: str) -> None:
    simulator.settings(action_id_type=id_type)
    ids = others_stop(simulator, 20)
    asked = [*reversed(ids), str(ids[3]), {"id": ids[5], "status": "IN_PROGRESS"}]
    time = SimulatedTime(simulator)
    found = run(simulator, {"action_ids": asked}, time=time)
    expected = [int(i) for i in [*reversed(ids), ids[3], ids[5]]]
    assert [action["id"] for action in found] == expected
    assert {action["status"] for action in found} == {"SUCCESS"}
    polls = Counter(call for call in calls(simulator)[1:])
    assert len(polls) == 20
    # all of them in each round, and a pause between two rounds
    assert set(polls.values()) == {len(time.slept) + 1}
    assert sum(time.slept) < 40


@pytest.mark.parametrize("options", [{"names": ["T00", "T01", "T02"]}, {"names": ["T01"]}])
def test_those_of_a_selection(simulator: Simulator, options: dict[str, Any]) -> None:
    others_stop(simulator, 4)
    found = run(simulator, options)
    assert sorted(a["resource_name"] for a in found) == options["names"]
    assert {a["status"] for a in found} == {"SUCCESS"}
    assert calls(simulator)[1:3] == ["GET /compute/instances", "GET /actions"]
    assert run(simulator, options) == []  # none is in progress any more


def test_nothing_to_wait_for(simulator: Simulator) -> None:
    assert run(simulator, {"action_ids": []}) == []
    instance_of(simulator)
    assert run(simulator, {"names": ["PEB4TEST01"]}) == []


def test_ended_ones_are_not_polled(simulator: Simulator) -> None:
    ids = others_stop(simulator, 2)
    simulator.advance(30)
    time = SimulatedTime(simulator)
    assert len(run(simulator, {"action_ids": ids}, time=time)) == 2
    assert not time.slept
    assert len(calls(simulator)) == 3


def test_one_that_ended_in_error(simulator: Simulator) -> None:
    simulator.fail_actions(fail=2, message="Out of space.")
    ids = others_stop(simulator, 3)
    with pytest.raises(errors.ActionFailedError, match="^2 of 3 actions ended in ERROR") as caught:
        run(simulator, {"action_ids": ids})
    assert str(caught.value).endswith(
        f": Action {ids[0]} (vm_stop) on T00: Out of space; "
        f"Action {ids[1]} (vm_stop) on T01: Out of space."
    )
    assert [a["status"] for a in caught.value.details["itcare_actions"]] == [
        "ERROR",
        "ERROR",
        "SUCCESS",
    ]


def test_one_deadline_for_all(simulator: Simulator) -> None:
    ids = others_stop(simulator, 12)
    time = SimulatedTime(simulator)
    with pytest.raises(errors.ActionTimeoutError, match="^12 of 12 .* after 5 s") as caught:
        run(simulator, {"action_ids": ids, "wait_timeout": 5}, time=time)
    assert "Run the same task again to resume" in str(caught.value)
    assert f"Action {ids[0]} (vm_stop)" in str(caught.value)
    assert len(caught.value.details["itcare_actions"]) == 12
    assert sum(time.slept) == pytest.approx(5)
    assert {a["status"] for a in run(simulator, {"action_ids": ids})} == {"SUCCESS"}


def test_both_an_error_and_one_that_is_late(simulator: Simulator) -> None:
    simulator.fail_actions(fail=1, message="Out of space")
    ids = others_stop(simulator, 1)
    simulator.settings(action_delay=500)
    ids += [
        client_of(simulator, time=SimulatedTime()).write(
            "PATCH", "/compute/instances/10001", {"operation": "resize", "options": {"sizing": "1cpu1gb"}}
        ).data["id"]
    ]  # fmt: skip
    with pytest.raises(errors.ActionFailedError, match="Out of space") as caught:
        run(simulator, {"action_ids": ids, "wait_timeout": 60})
    assert [a["status"] for a in caught.value.details["itcare_actions"]] == ["ERROR", "IN_PROGRESS"]


def test_missing_ones_are_all_named(simulator: Simulator) -> None:
    ids = others_stop(simulator, 1)
    with pytest.raises(errors.InputError, match="no action with the id 5, 6[, ]"):
        run(simulator, {"action_ids": [5, *ids, 6]})
    assert [
        a["id"]
        for a in gather(client_of(simulator), {"action_ids": [5, *ids]}).values["itcare_actions"]
    ] == ids


def test_check_mode_looks_once(simulator: Simulator) -> None:
    ids = others_stop(simulator, 2)
    time = SimulatedTime(simulator)
    found = run(simulator, {"action_ids": ids}, read_only=True, time=time)
    assert [a["status"] for a in found] == ["IN_PROGRESS"] * 2
    assert not time.slept
    found = run(simulator, {"names": ["T00", "T01"]}, read_only=True, time=time)
    assert [a["status"] for a in found] == ["IN_PROGRESS"] * 2


def test_polls_survive_faults(simulator: Simulator) -> None:
    ids = others_stop(simulator, 3)
    for fault in ({"status": 503}, {"cut": "body"}, {"status": 429}, {"cut": "after"}):
        simulator.fault(method="GET", path="/actions/", skip=4, count=2, fault=fault)
    assert {a["status"] for a in run(simulator, {"action_ids": ids})} == {"SUCCESS"}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"action_ids": [None]}, "action_ids takes ids such as 1333.*not None"),
        ({"action_ids": [""]}, "action_ids takes"),
        ({"action_ids": [True]}, "action_ids takes"),
        ({"action_ids": [{"status": "SUCCESS"}]}, "action_ids takes"),
        ({"action_ids": [[1]]}, "action_ids takes"),
        ({"action_ids": ["../compute/instances/10001"]}, "action_ids takes ids such as 1333"),
        ({"action_ids": ["5?x=1"]}, "action_ids takes ids such as 1333"),
        ({"action_ids": ["abc"]}, "action_ids takes ids such as 1333.*not 'abc'"),
        ({"action_ids": [1], "wait_timeout": 0}, "wait_timeout must be more than 0"),
        ({"action_ids": [1], "wait_interval": 0}, "wait_interval must be more than 0"),
        ({}, "never takes all instances"),
        ({"names": ["NONE"]}, "not found: NONE"),
    ],
)
def test_wrong_input(simulator: Simulator, options: dict[str, Any], said: str) -> None:
    with pytest.raises(errors.InputError, match=said):
        run(simulator, options)
    assert not [c for c in calls(simulator) if c.startswith("GET /actions")]
