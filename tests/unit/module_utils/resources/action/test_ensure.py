# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""itcare_action_info and itcare_action_wait."""

from __future__ import annotations

import datetime
from collections import Counter
from typing import Any

import pytest
from ansible_collections.cegedim.cloud.plugins.module_utils.api import actions, errors
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.action.desired import (
    check_statuses,
    read_ids,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.action.ensure import (
    ensure as wait,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.action.gather import gather
from support.client import WAIT, SimulatedTime, calls, client_of, instance_of
from support.simulator import Simulator


def begin(simulator: Simulator, count: int) -> list[int]:
    """So many instances that are being stopped; the ids of the actions."""
    client = client_of(simulator, time=SimulatedTime())
    begun = []
    for number in range(count):
        identity = instance_of(simulator, name=f"T{number:02}")["id"]
        answer = client.write("PATCH", f"/compute/instances/{identity}", {"operation": "stop"})
        begun.append(answer.data["id"])
    simulator.clear_requests()
    return begun


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
    ids = begin(simulator, 20)
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
    begin(simulator, 4)
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
    ids = begin(simulator, 2)
    simulator.advance(30)
    time = SimulatedTime(simulator)
    assert len(run(simulator, {"action_ids": ids}, time=time)) == 2
    assert not time.slept
    assert len(calls(simulator)) == 3


def test_one_that_ended_in_error(simulator: Simulator) -> None:
    simulator.fail_actions(fail=2, message="Out of space.")
    ids = begin(simulator, 3)
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
    ids = begin(simulator, 12)
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
    ids = begin(simulator, 1)
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
    ids = begin(simulator, 1)
    with pytest.raises(errors.InputError, match="no action with the id 5, 6[, ]"):
        run(simulator, {"action_ids": [5, *ids, 6]})
    assert [
        a["id"]
        for a in gather(client_of(simulator), {"action_ids": [5, *ids]}).values["itcare_actions"]
    ] == ids


def test_check_mode_looks_once(simulator: Simulator) -> None:
    ids = begin(simulator, 2)
    time = SimulatedTime(simulator)
    found = run(simulator, {"action_ids": ids}, read_only=True, time=time)
    assert [a["status"] for a in found] == ["IN_PROGRESS"] * 2
    assert not time.slept
    found = run(simulator, {"names": ["T00", "T01"]}, read_only=True, time=time)
    assert [a["status"] for a in found] == ["IN_PROGRESS"] * 2


def test_polls_survive_faults(simulator: Simulator) -> None:
    ids = begin(simulator, 3)
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


def test_info(simulator: Simulator) -> None:
    simulator.fail_actions(fail=1)
    ids = begin(simulator, 3)
    simulator.advance(30)
    ids += begin(simulator, 1)
    client = client_of(simulator)

    def ask(**options: Any) -> list[Any]:
        result = gather(client, options)
        assert not result.changed
        return sorted(action["id"] for action in result.values["itcare_actions"])

    assert ask() == ids
    assert ask(statuses=["IN_PROGRESS"]) == ids[3:]
    assert ask(statuses=["SUCCESS", "ERROR"]) == ids[:3]
    assert ask(action_ids=ids[:2]) == ids[:2]
    assert ask(action_ids=ids[:2], statuses=["ERROR"]) == ids[:1]
    assert ask(action_ids=[]) == []
    assert ask(names=["T01", "T02"]) == ids[1:3]
    assert ask(names=["T01", "T02"], statuses=["ERROR"]) == []
    assert ask(names=["T01"]) == ids[1:2]
    assert ask(names=["NONE"]) == []
    assert ask(filters={"statuses": ["INACTIVE"], "environments": ["NONE"]}) == []
    with pytest.raises(
        errors.InputError, match="statuses takes IN_PROGRESS, SUCCESS, ERROR, not 'x'"
    ):
        ask(statuses=["x"])


def test_ids_are_read() -> None:
    assert read_ids(None) is None
    assert read_ids([]) == []
    given = [1, "1333", " 5 ", {"id": "a-1"}, {"id": "7"}, {"id": 8, "x": 1}]
    assert read_ids(given) == [1, 1333, 5, "a-1", 7, 8]
    assert check_statuses(None) is check_statuses([]) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2016-06-01T12:27:19.000+0200", "2016-06-01T10:27:19+00:00"),
        ("2016-06-01T12:27:19.123Z", "2016-06-01T12:27:19.123000+00:00"),
        ("2016-06-01T12:27:19+02:00", "2016-06-01T10:27:19+00:00"),
        (" 2016-06-01T12:27:19Z ", "2016-06-01T12:27:19+00:00"),
        ("2016-06-01", None),
        ("2016-06-01T12:27:19", None),
        ("soon", None),
        ("", None),
        (None, None),
        # other spellings of one moment
        ("2016-06-01T12:27:19.123456789+0200", "2016-06-01T10:27:19.123456+00:00"),
        ("2016-06-01T12:27:19.5Z", "2016-06-01T12:27:19.500000+00:00"),
        ("2016-06-01 12:27:19+0200", "2016-06-01T10:27:19+00:00"),
        ("2016-06-01T12:27:19,25+02", "2016-06-01T10:27:19.250000+00:00"),
        ("2016-06-01t12:27:19z", "2016-06-01T12:27:19+00:00"),
        (1464780439, "2016-06-01T11:27:19+00:00"),
        ("1464780439", "2016-06-01T11:27:19+00:00"),
        (1464780439500, "2016-06-01T11:27:19.500000+00:00"),
        # which moment, can't be told
        ("01/06/2016 12:27:19+0200", None),
        ("2016-06-01 12:27:19", None),
        ("2016-06-01T25:27:19Z", None),
        ("2016-06-01T12:27:19Z02", None),
        (20160601, None),
        (1464780439.5, None),
        (True, None),
        ({}, None),
    ],
)
def test_dates(text: Any, expected: str | None) -> None:
    found = actions.parse_time(text)
    assert (found and found.astimezone(datetime.timezone.utc).isoformat()) == expected


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (None, None),
        ("", None),
        ([], None),
        ({}, None),
        ({"id": None}, None),
        ({"id": ""}, None),
        ({"id": "1333", "status": "SUCCESS"}, {"id": 1333, "status": "SUCCESS"}),
        ({"id": 0}, {"id": 0, "status": "IN_PROGRESS"}),
        ({"id": "x", "status": None}, {"id": "x", "status": "IN_PROGRESS"}),
        (
            {"id": 1, "status": "ERROR", "resourceName": "W"},
            {"id": 1, "status": "ERROR", "resource_name": "W"},
        ),
    ],
)
def test_actions_are_read(data: Any, expected: Any) -> None:
    assert actions.read_action(data) == expected


def test_a_status_that_nobody_knows_is_no_success() -> None:
    with pytest.raises(errors.ActionFailedError, match="Action 5 ended in CANCELLED: it gave no"):
        actions.check_success({"id": 5, "status": "CANCELLED"})
