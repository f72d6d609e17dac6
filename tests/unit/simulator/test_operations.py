# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The PATCH operations: what happens, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

PATH = "/compute/instances"
TEST_SERVICE = 15


REASON = {"deactivationReason": "Because"}
ACCEPTED: list[tuple[str, dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    ("stop", {}, {}, {"status": "INACTIVE"}),
    ("stop", {"changeReference": "RFC_123456"}, {}, {"status": "INACTIVE"}),
    ("start", {}, {"status": "INACTIVE"}, {"status": "ACTIVE"}),
    ("reset", {"comment": "It hangs"}, {}, {"status": "ACTIVE"}),
    ("resize", {"sizing": "8cpu64gb"}, {}, {"cpu": 8, "ram": 64, "status": "ACTIVE"}),
    ("resize", {"sizing": "2cpu4gb", "changeReference": ""}, {"status": "INACTIVE"}, {"cpu": 2}),
    (
        "update_monitoring",
        {"state": True, "alerting": False},
        {},
        {"monitoringEnabled": True, "monitoringRequested": True, "monitoringAlerting": False},
    ),
    (
        "update_monitoring",
        {"state": False},
        {},
        {"monitoringEnabled": False, "monitoringRequested": False},
    ),
    ("update_monitoring", {"alerting": True}, {}, {"monitoringAlerting": True}),
    ("update_storage_replication", {"state": True}, {}, {"replicationStatus": True}),
    ("update_storage_replication", {"state": False, **REASON}, {}, {"replicationStatus": False}),
    ("update_backup", {"state": True}, {}, {"backupStatus": True}),
    (
        "update_backup",
        {"state": False, **REASON},
        {},
        {"backupStatus": False, "backup": None, "backupPolicyDetails": None},
    ),
]


@pytest.mark.parametrize(("operation", "options", "before", "after"), ACCEPTED)
def test_operation(
    api: Any,
    operation: str,
    options: dict[str, Any],
    before: dict[str, Any],
    after: dict[str, Any],
) -> None:
    """The state changes when the action ends, not before, and nothing else does."""
    api.finish(api.create(name="PSUBJECT01"))
    identity = api.list(names="PSUBJECT01")[0]["id"]
    if before:
        api.simulator.control("PATCH", f"/control/instances/{identity}", before)
    old = api.instance(identity)
    submitted = api.patch(identity, operation, **options)
    assert submitted.json()["resourceName"] == "PSUBJECT01"
    assert api.instance(identity) == old
    action = api.finish(submitted)
    assert action["process"] == "vm_" + operation
    new = api.instance(identity)
    assert {name: new[name] for name in after} == after
    related = {"replication", "ram"} | set(after)
    assert {k: v for k, v in new.items() if k not in related} == {
        k: v for k, v in old.items() if k not in related
    }


REFUSED: list[tuple[str, dict[str, Any], dict[str, Any], int, str]] = [
    ("stop", {}, {"status": "INACTIVE"}, 400, "status"),
    ("start", {}, {}, 400, "status"),
    ("start", {}, {"status": "ERROR"}, 400, "status"),
    ("reset", {}, {"status": "INACTIVE"}, 400, "status"),
    ("resize", {"sizing": "2cpu4gb"}, {"status": "MOVING"}, 400, "status"),
    ("resize", {}, {}, 400, "sizing"),
    ("resize", {"sizing": "huge"}, {}, 422, "sizing"),
    ("stop", {"changeReference": "12345678901"}, {}, 400, "changeReference"),
    ("explode", {}, {}, 400, "operation"),
    ("update_monitoring", {}, {}, 400, "options"),
    ("update_monitoring", {"state": "on"}, {}, 400, "state"),
    ("update_patch_party", {}, {}, 400, "patchParty"),
    ("update_patch_party", {"patchParty": {}}, {}, 400, "patchParty.excluded"),
    ("update_patch_party", {"patchParty": {"excluded": True}}, {}, 400, "exclusionReason"),
    (
        "update_patch_party",
        {"patchParty": {"excluded": True, "exclusionReason": " "}},
        {},
        400,
        "exclusionReason",
    ),
    (
        "update_patch_party",
        {"patchParty": {"excluded": False, "patchGroup": 4}},
        {},
        400,
        "patchParty.patchGroup",
    ),
    (
        "update_patch_party",
        {"patchParty": {"excluded": False, "patchGroup": "2"}},
        {},
        400,
        "patchParty.patchGroup",
    ),
    ("update_storage_replication", {}, {}, 400, "state"),
    ("update_storage_replication", {"state": False}, {}, 400, "deactivationReason"),
    ("update_backup", {"state": False}, {}, 400, "deactivationReason"),
    ("update_backup", {"state": False, "deactivationReason": ""}, {}, 400, "deactivationReason"),
]


@pytest.mark.parametrize(("operation", "options", "before", "status", "field"), REFUSED)
def test_operation_refused(
    api: Any,
    refused: Any,
    operation: str,
    options: dict[str, Any],
    before: dict[str, Any],
    status: int,
    field: str,
) -> None:
    api.finish(api.create(name="PSUBJECT01"))
    identity = api.list(names="PSUBJECT01")[0]["id"]
    if before:
        api.simulator.control("PATCH", f"/control/instances/{identity}", before)
    refused(api.patch(identity, operation, **options), status, field)
    assert len(api.get("/actions", resourceId=identity)) == 1  # the creation


def test_no_reason_is_needed_outside_production(api: Any) -> None:
    api.finish(api.create(serviceId=TEST_SERVICE))
    identity = api.list(names="PEB4NEW01")[0]["id"]
    api.finish(api.patch(identity, "update_backup", state=False))
    api.finish(api.patch(identity, "update_storage_replication", state=False))


def test_a_platform_without_backup(api: Any, refused: Any) -> None:
    api.finish(api.create(platform="aix72"))
    (made,) = api.list(names="PEB4NEW01")
    assert not made["backupStatus"]
    refused(api.patch(made["id"], "update_backup", state=True), 400, "state")


def test_reason_for_no_replication_is_shown(api: Any) -> None:
    api.finish(api.create())
    identity = api.list(names="PEB4NEW01")[0]["id"]
    api.finish(api.patch(identity, "update_storage_replication", state=False, **REASON))
    assert api.instance(identity)["replication"]["noStoRplExplanation"] == "Because"
    api.finish(api.patch(identity, "update_storage_replication", state=True))
    assert api.instance(identity)["replication"]["noStoRplExplanation"] is None


def test_patch_party(api: Any) -> None:
    identity = api.one()

    def update(**party: Any) -> dict[str, Any]:
        api.finish(api.patch(identity, "update_patch_party", patchParty=party))
        shown: dict[str, Any] = api.instance(identity)["patchParty"]
        return shown

    grouped = update(excluded=False, patchGroup=2)
    assert grouped["patchGroup"] == "2"
    assert grouped["patchDate"]
    excluded = update(excluded=True, exclusionReason="We do it ourselves")
    assert (excluded["excluded"], excluded["patchGroup"]) == (True, None)
    assert excluded["exclusionReason"] == "We do it ourselves"
    assert excluded["excludedBy"] == "demo"
    assert excluded["exclusionDate"]
    assert [i["id"] for i in api.list(names=api.instance(identity)["name"])] == [identity]
    included = update(excluded=False)
    assert included == {**grouped, "patchGroup": None}
    names = ("excludedBy", "exclusionReason", "exclusionDate")
    assert [included[name] for name in names] == [None, None, None]


def test_one_action_at_a_time(api: Any, refused: Any) -> None:
    identity, other = api.one(), api.one()
    first = api.patch(identity, "resize", sizing="2cpu4gb")
    message = refused(api.patch(identity, "stop"), 409)
    assert str(first.json()["id"]) in message
    refused(api.call("POST", f"{PATH}/{identity}/snapshots"), 409)
    refused(api.call("DELETE", f"{PATH}/{identity}"), 409)
    assert api.patch(other, "stop").status_code == 202
    api.finish(first)
    api.finish(api.patch(identity, "stop"))


def test_a_failed_operation_changes_nothing(api: Any) -> None:
    identity = api.one()
    before = api.instance(identity)
    api.simulator.fail_actions(fail=1, message="Out of order")
    action = api.finish(api.patch(identity, "stop"), status="ERROR")
    assert action["message"] == "Out of order"
    assert api.instance(identity) == before
    api.finish(api.patch(identity, "stop"))


def test_unknown_instance(api: Any, refused: Any) -> None:
    refused(api.patch(1, "stop"), 404, "id")
