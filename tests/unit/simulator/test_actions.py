# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Actions, and the settings that change how they are answered."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def instances(api: Any) -> list[dict[str, Any]]:
    return [api.simulator.add(status="ACTIVE", name=f"PEB4ACT0{n}") for n in range(3)]


def test_filters(api: Any, instances: list[dict[str, Any]]) -> None:
    first = api.patch(instances[0]["id"], "stop").json()
    api.simulator.fail_actions(fail=1)
    second = api.patch(instances[1]["id"], "stop").json()
    api.simulator.advance(60)
    third = api.patch(instances[0]["id"], "start").json()

    def found(**query: Any) -> list[int]:
        return [action["id"] for action in api.get("/actions", **query)]

    assert found() == [third["id"], second["id"], first["id"]]  # the newest first
    assert found(resourceName="PEB4ACT00") == [third["id"], first["id"]]
    assert found(resourceId=instances[1]["id"]) == [second["id"]]
    assert found(resourceId=1) == []
    assert found(serviceId=99) == []
    service = instances[1]["serviceId"]
    assert second["id"] in found(serviceId=service)
    assert found(statuses="IN_PROGRESS") == [third["id"]]
    assert found(statuses="SUCCESS,ERROR") == [second["id"], first["id"]]
    assert found(requestId=second["internalId"]) == [second["id"]]
    assert found(resourceName="PEB4ACT00", statuses="SUCCESS") == [first["id"]]


def test_malformed(api: Any, refused: Any) -> None:
    refused(api.call("GET", "/actions", params={"resourceId": "x"}), 400, "resourceId")
    refused(api.call("GET", "/actions/x"), 400, "actionId")
    refused(api.call("GET", "/actions/1"), 404, "id")


def test_fields_over_time(api: Any, instances: list[dict[str, Any]]) -> None:
    submitted = api.patch(instances[0]["id"], "stop").json()
    running = api.get(f"/actions/{submitted['id']}")
    assert (running["status"], running["completedAt"]) == ("IN_PROGRESS", None)
    assert running["submittedBy"] == "demo"
    assert running["lastUpdatedAt"] == running["submittedAt"] == submitted["lastUpdatedAt"]
    api.simulator.advance(10)
    ended = api.get(f"/actions/{submitted['id']}")
    assert ended["status"] == "SUCCESS"
    assert ended["completedAt"] == ended["lastUpdatedAt"] > running["submittedAt"]


def test_a_delay_of_zero_ends_at_once(api: Any, instances: list[dict[str, Any]]) -> None:
    api.simulator.settings(action_delay=0)
    assert api.patch(instances[0]["id"], "stop").json()["status"] == "SUCCESS"
    assert api.instance(instances[0]["id"])["status"] == "INACTIVE"


def test_only_the_actions_ordered_fail(api: Any, instances: list[dict[str, Any]]) -> None:
    api.simulator.fail_actions(fail=2, process="vm_resize", message="No")
    results = []
    for instance, operation in zip(instances, ("stop", "resize", "resize"), strict=True):
        options = {"sizing": "2cpu4gb"} if operation == "resize" else {}
        results.append(api.patch(instance["id"], operation, **options).json()["id"])
    api.simulator.advance(60)
    assert [api.get(f"/actions/{i}")["status"] for i in results] == ["SUCCESS", "ERROR", "ERROR"]
    api.finish(api.patch(instances[1]["id"], "resize", sizing="2cpu4gb"))


def test_other_answers_to_writes(api: Any, instances: list[dict[str, Any]]) -> None:
    api.simulator.settings(accepted_status=200, action_id_type="str")
    answer = api.patch(instances[0]["id"], "stop")
    assert answer.status_code == 200
    assert isinstance(answer.json()["id"], str)
    assert api.get(f"/actions/{answer.json()['id']}")["id"] == answer.json()["id"]
    assert isinstance(api.get("/actions")[0]["id"], str)
    api.simulator.settings(accepted_status=202, accepted_body="empty")
    answer = api.patch(instances[1]["id"], "stop")
    assert (answer.status_code, answer.content) == (202, b"")
    assert len(api.get("/actions")) == 2
