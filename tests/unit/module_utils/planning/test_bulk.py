# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many instances with one task: what is asked, how many at a time, and that no outcome is hidden."""

from __future__ import annotations

import re
import threading
from collections import Counter
from typing import Any

import pytest
from ansible_collections.cegedim.cloud.plugins.module_utils.api import errors
from ansible_collections.cegedim.cloud.plugins.module_utils.planning import bulk
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.patch_party.ensure import (
    ensure,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.snapshot.ensure import (
    ensure as ensure_snapshot,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.result import Result
from support.client import WAIT, SimulatedTime, calls, client_of, executed, instance_of, shown
from support.rivals import others_do
from support.simulator import Simulator

ALL = {"filters": {"types": ["LINUX", "WINDOWS", "AIX"]}}
GROUP1 = {"excluded": False, "exclusionReason": None, "patchGroup": "1"}


def run(simulator: Simulator, options: dict[str, Any], **client: Any) -> Result:
    return ensure(
        client_of(simulator, **client), {**WAIT, "patch_group": "2", "concurrency": 4, **options}
    )


def some(simulator: Simulator, count: int) -> list[str]:
    """Instances of group 1."""
    names = [f"T{number:02}" for number in range(count)]
    for name in names:
        instance_of(simulator, name=name, patchParty=GROUP1)
    simulator.clear_requests()
    return names


def test_a_thousand(simulator: Simulator) -> None:
    simulator.reset(instances=1000)
    simulator.settings(action_delay=0)
    result = run(simulator, {**ALL, "concurrency": 8})
    rows = result.values["instances"]
    differ = [row["id"] for row in rows if row["changed"]]
    assert len(rows) == 1000
    assert 500 < len(differ) < 1000
    asked = Counter(call.split("/1")[0] for call in calls(simulator))
    assert asked == {
        "POST /auth/realms/cloud/protocol/openid-connect/token": 1,
        "GET /compute/instances": 7,  # the last and the first page twice
        "GET /actions": 1,
        "PATCH /compute/instances": len(differ),
    }
    assert sorted(int(e["path"].rsplit("/", 1)[1]) for e in executed(simulator)) == sorted(differ)
    assert len(result.diff) == len(differ)
    (warning,) = result.warnings
    assert "instances stay excluded from patch parties" in warning

    simulator.clear_requests()
    again = run(simulator, {**ALL, "concurrency": 8})
    assert not again.changed
    assert Counter(calls(simulator))["GET /compute/instances"] == 7
    assert len(calls(simulator)) == 8


def test_check_mode_asks_for_the_list_only(simulator: Simulator) -> None:
    names = some(simulator, 6)
    predicted = run(simulator, {"names": names}, read_only=True)
    assert calls(simulator)[1:] == ["GET /compute/instances"]
    real = run(simulator, {"names": names})
    assert predicted.diff == real.diff
    for one, two in zip(predicted.values["instances"], real.values["instances"]):
        assert {**one, "action": None} == {**two, "action": None}


def test_the_diff_has_a_block_per_instance(simulator: Simulator) -> None:
    names = some(simulator, 3)
    instance_of(simulator, name="IN2", patchParty={**GROUP1, "patchGroup": "2"})
    result = run(simulator, {"names": [*names, "IN2"]}, read_only=True)
    assert result.diff == [
        {
            "before": {"patch_group": "1"},
            "after": {"patch_group": "2"},
            "before_header": f"patch party of {name}",
            "after_header": f"patch party of {name}",
        }
        for name in names
    ]


@pytest.mark.parametrize("body", ["action", "empty"])
def test_all_are_waited_for(simulator: Simulator, body: str) -> None:
    simulator.settings(action_delay=10, accepted_body=body)
    names = some(simulator, 12)
    result = run(simulator, {"names": names})
    assert [row["name"] for row in result.values["instances"]] == names
    assert {row["action"]["status"] for row in result.values["instances"]} == {"SUCCESS"}
    assert result.values["operations"] == ["update_patch_party"]
    assert len(executed(simulator)) == len(result.values["itcare_actions"]) == 12
    assert not run(simulator, {"names": names}).changed


def test_without_waiting(simulator: Simulator) -> None:
    simulator.settings(action_delay=100)
    names = some(simulator, 4)
    result = run(simulator, {"names": names, "wait": False})
    assert {row["action"]["status"] for row in result.values["instances"]} == {"IN_PROGRESS"}
    assert not [call for call in calls(simulator) if call.startswith("GET /actions/")]


@pytest.mark.parametrize("concurrency", [1, 3])
def test_one_failure_does_not_stop_the_others(simulator: Simulator, concurrency: int) -> None:
    simulator.settings(action_delay=0)
    names = some(simulator, 9)
    simulator.fail_actions(fail=2, message="No luck.")
    simulator.fault(method="PATCH", skip=4, fault={"status": 403})
    with pytest.raises(bulk.PartialFailureError, match="^3 of 9 instances failed: T0") as caught:
        run(simulator, {"names": names, "concurrency": concurrency})
    rows = caught.value.details["instances"]
    assert [row["name"] for row in rows] == names
    failed = [row for row in rows if row["error"]]
    assert len(failed) == 3
    assert sum("No luck" in row["error"] for row in failed) == 2
    assert sum("answered 403" in row["error"] for row in failed) == 1
    assert [row["changed"] for row in rows] == [row["error"] is None for row in rows]
    done = [shown(simulator, r["id"])["patchParty"]["patchGroup"] == "2" for r in rows]
    assert done == [row["error"] is None for row in rows]
    assert len(caught.value.details["itcare_actions"]) == 8
    assert str(caught.value).count("\n") == 0
    assert ".;" not in str(caught.value)
    assert re.search(r"[^.]\.\Z", str(caught.value))

    result = run(simulator, {"names": names})
    assert [row["name"] for row in result.values["instances"] if row["changed"]] == [
        row["name"] for row in failed
    ]


def test_only_some_failures_are_spelled_out(simulator: Simulator) -> None:
    simulator.settings(action_delay=0)
    names = some(simulator, 9)
    simulator.fail_actions(fail=9)
    with pytest.raises(bulk.PartialFailureError, match="9 of 9 instances failed.*and 4 more") as c:
        run(simulator, {"names": names})
    assert all(row["error"] for row in c.value.details["instances"])


def test_so_many_at_a_time(simulator: Simulator) -> None:
    names = some(simulator, 9)
    barrier, lock = threading.Barrier(3), threading.Lock()
    in_flight, most = 0, 0

    def begins(method: str, _path: str, _sent: Any) -> None:
        nonlocal in_flight, most
        if method == "PATCH":
            with lock:
                in_flight += 1
                most = max(most, in_flight)
            barrier.wait(30)  # breaks unless three come at the same time

    def ends(method: str, _path: str, _sent: Any) -> None:
        nonlocal in_flight
        if method == "PATCH":
            with lock:
                in_flight -= 1

    run(simulator, {"names": names, "concurrency": 3}, before=begins, after=ends)
    assert most == 3
    assert len(executed(simulator)) == 9


@pytest.mark.parametrize("concurrency", [0, -1, 33])
def test_wrong_concurrency(simulator: Simulator, concurrency: int) -> None:
    with pytest.raises(errors.InputError, match="concurrency is a number from 1 to 32"):
        run(simulator, {**ALL, "concurrency": concurrency})
    assert not simulator.requests()


def test_one_deadline_for_all(simulator: Simulator) -> None:
    simulator.settings(action_delay=100)
    names = some(simulator, 5)
    time = SimulatedTime(simulator)
    with pytest.raises(bulk.PartialFailureError, match="5 of 5") as caught:
        run(simulator, {"names": names, "concurrency": 1, "wait_timeout": 30}, time=time)
    said = [row["error"] for row in caught.value.details["instances"]]
    assert "is still IN_PROGRESS after 30 s" in said[0]
    # what can't be waited for isn't begun
    assert all("was not begun" in text for text in said[1:])
    assert len(executed(simulator)) == 1
    assert sum(time.slept) == pytest.approx(30)

    result = run(simulator, {"names": names, "concurrency": 1})
    assert len(executed(simulator)) == 5
    # the first one's was begun by the task before
    assert [row["changed"] for row in result.values["instances"]] == [False, *[True] * 4]


def test_others_actions_are_waited_for(simulator: Simulator) -> None:
    simulator.settings(action_delay=50)
    names = some(simulator, 4)
    ids = {i["name"]: i["id"] for i in client_of(simulator).get(
        "/compute/instances", {"names": names})["content"]}  # fmt: skip
    others_do(simulator, ids["T00"], "stop")
    for name, group in (("T01", 2), ("T02", 3)):
        party = {"excluded": False, "patchGroup": group}
        others_do(simulator, ids[name], "update_patch_party", patchParty=party)
    simulator.clear_requests()
    result = run(simulator, {"names": names})
    assert [shown(simulator, ids[n])["patchParty"]["patchGroup"] for n in names] == ["2"] * 4
    assert len(executed(simulator)) == 3  # T01's was the very one
    assert [e["status"] for e in simulator.writes()] == [202] * 3  # no conflict
    assert [row["name"] for row in result.values["instances"] if not row["changed"]] == ["T01"]


@pytest.mark.parametrize("fault", [{"cut": "after"}, {"status": 504}, {"status": 503}])
def test_lost_answers(simulator: Simulator, fault: dict[str, Any]) -> None:
    simulator.settings(action_delay=10)
    names = some(simulator, 6)
    simulator.fault(method="PATCH", count=3, fault=fault)
    result = run(simulator, {"names": names})
    assert len(executed(simulator)) == 6
    assert all(row["changed"] and not row["error"] for row in result.values["instances"])
    assert len(result.values["itcare_actions"]) == 6


def test_all_that_can_not_be_planned_are_named_before_anything_is_done(
    simulator: Simulator,
) -> None:
    some(simulator, 3)
    with pytest.raises(errors.InputError, match="T00 has no .*T01 has no .*T02 has no"):
        ensure_snapshot(
            client_of(simulator),
            {**WAIT, "names": ["T00", "T01", "T02"], "state": "recovered", "concurrency": 2},
        )
    assert not simulator.writes()
