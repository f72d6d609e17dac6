# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Creating, changing and deleting instances: what happens, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

PATH = "/compute/instances"
PRODUCTION_SERVICE = 13
TEST_SERVICE = 15


def one(api: Any, **fields: Any) -> int:
    """A new instance in the state that a test needs."""
    fields = {"status": "ACTIVE", **fields}
    identity: int = api.simulator.add(**fields)["id"]
    return identity


# --- create --------------------------------------------------------------------------------------


def test_create_with_the_least(api: Any) -> None:
    submitted = api.create(name="PINSTANCE01", region="EB4", platform="deb8")
    assert api.list(names="PINSTANCE01") == []
    action = api.finish(submitted)
    assert (action["process"], action["resourceName"]) == ("vm_create", "PINSTANCE01")
    (made,) = api.list(names="PINSTANCE01")
    assert api.instance(made["id"]) == made
    assert made["status"] == "ACTIVE"
    assert (made["region"]["id"], made["area"]["id"]) == ("EB4", "EB4-STD")
    assert made["availabilityZone"]["id"] == "EB4-A"
    assert (made["cpu"], made["ram"], made["storage"]) == (1, 2, 30)
    assert (made["imageCode"], made["family"]) == ("deb8", "DEBIAN")
    assert (made["environment"], made["serviceId"]) == ("PRODUCTION", 13)
    # production: all of it is switched on
    assert made["backupStatus"]
    assert made["monitoringEnabled"]
    assert made["replicationStatus"]
    # and these are off unless asked for
    assert not made["monitoringAlerting"]
    assert not made["monitoringOnCallEnabled"]
    assert made["patchParty"]["excluded"] is False
    assert made["creationUser"] == "demo"
    assert [a["id"] for a in api.get("/actions", resourceId=made["id"])] == [action["id"]]


def test_create_outside_production(api: Any) -> None:
    api.finish(api.create(serviceId=TEST_SERVICE))
    (made,) = api.list(names="PEB4NEW01")
    assert not made["backupStatus"]
    assert not made["monitoringEnabled"]
    assert not made["replicationStatus"]


def test_backup_brings_monitoring(api: Any) -> None:
    api.finish(api.create(serviceId=TEST_SERVICE, backupEnabled=True))
    (made,) = api.list(names="PEB4NEW01")
    assert made["backupStatus"]
    assert made["monitoringEnabled"]


def test_create_with_everything(api: Any) -> None:
    catalogue = api.simulator.control("GET", "/control/catalogue")
    network = next(
        item["id"]
        for item in catalogue["networks"]
        if item["region"] == "EB" and item["technicalId"].endswith("DMZ8")
    )
    api.finish(
        api.create(
            area="EB-HDS",
            availabilityZone="EB-C",
            regulation="HDS",
            authenticationDomainId="CGDM-AMER",
            cloudId=3,
            networkId=network,
            backupEnabled=True,
            backupOffSiteEnabled=False,
            serverBackupPolicyId="SER-DAILY-OFFSITE",
            dbBackupPolicyId="DAT-DAILY",
            monitoringEnabled=True,
            monitoringAlerting=True,
            onCallSupervision=True,
            replicationEnabled=False,
            noReplicationProdReason="It replicates itself",
            productCode="pgs15",
            specificRequest="None",
            storagePool="gold",
            properties=[{"key": "a", "value": "b"}],
            volumes=[{"id": "data", "sizeGb": 50}, {"id": "logs", "sizeGb": 20}],
            resourceId="4cpu16gb",
        )
    )
    (made,) = api.list(names="PEB4NEW01")
    assert (made["area"]["id"], made["area"]["regulation"]) == ("EB-HDS", "HDS")
    assert made["availabilityZone"]["id"] == "EB-C"
    assert made["authenticationDomain"] == "CGDM-AMER"
    assert (made["cloudId"], made["network"]["id"]) == (3, network)
    policies = made["backupPolicyDetails"]["policies"]
    assert [policy["policyId"] for policy in policies] == ["SER-DAILY-OFFSITE", "DAT-DAILY"]
    assert made["monitoringAlerting"]
    assert made["monitoringOnCallEnabled"]
    assert not made["replicationStatus"]
    assert made["replication"]["noStoRplExplanation"] == "It replicates itself"
    assert made["productName"] == "PostgreSQL"
    assert (made["cpu"], made["ram"], made["storage"]) == (4, 16, 100)


@pytest.mark.parametrize("field", ["name", "region", "serviceId", "platform", "resourceId"])
def test_create_without_a_required_field(api: Any, refused: Any, field: str) -> None:
    refused(api.create(**{field: None}), 400, field)


@pytest.mark.parametrize(
    ("status", "field", "fields"),
    [
        (400, "name", {"name": ""}),
        (400, "name", {"name": "with blank"}),
        (400, "regulation", {"regulation": "LAX"}),
        (400, "serviceId", {"serviceId": "13"}),
        (400, "backupEnabled", {"backupEnabled": "yes"}),
        (400, "volumes.0.sizeGb", {"volumes": [{"id": "data", "sizeGb": 0}]}),
        (400, "colour", {"colour": "blue"}),
        (400, "noBackupProdReason", {"backupEnabled": False}),
        (400, "noMonitoringProdReason", {"monitoringEnabled": False}),
        (400, "noReplicationProdReason", {"replicationEnabled": False}),
        (400, "noBackupProdReason", {"backupEnabled": False, "noBackupProdReason": " "}),
        (422, "serviceId", {"serviceId": 9999}),
        (422, "platform", {"platform": "beos5"}),
        (422, "resourceId", {"resourceId": "huge"}),
        (422, "resourceId", {"resourceId": "65cpu2gb"}),
        (422, "region", {"region": "XX"}),
        (422, "area", {"area": "ET-STD"}),
        (422, "availabilityZone", {"availabilityZone": "ET-A"}),
        (422, "availabilityZone", {"area": "EB-STD", "availabilityZone": "EB-C"}),
        (422, "regulation", {"region": "EB4", "regulation": "HDS"}),
        (422, "regulation", {"area": "EB-HDS", "regulation": "STANDARD"}),
        (422, "networkId", {"networkId": 1}),
        (422, "networkId", {"region": "ET", "networkId": 1100}),
        (422, "cloudId", {"cloudId": 99}),
        (422, "productCode", {"productCode": "dos6"}),
        (422, "authenticationDomainId", {"authenticationDomainId": "NOWHERE"}),
        (422, "serverBackupPolicyId", {"serverBackupPolicyId": "DAT-DAILY"}),
        (422, "backupEnabled", {"platform": "aix72", "backupEnabled": True}),
    ],
)
def test_create_refused(
    api: Any, refused: Any, status: int, field: str, fields: dict[str, Any]
) -> None:
    refused(api.create(**fields), status, field)
    assert api.get("/actions") == []


def test_broken_json(api: Any) -> None:
    headers = {"Content-Type": "application/json"}
    answer = api.call("POST", PATH, data="{broken", headers=headers)
    assert (answer.status_code, answer.json()["status"]) == (400, "BAD_REQUEST")


def test_media_type_of_the_contract(api: Any) -> None:
    body = '{"name":"PX01","region":"EB","serviceId":13,"platform":"deb12","resourceId":"1cpu2gb"}'
    headers = {"Content-Type": "application/vnd.cegedim-it.v1+json"}
    answer = api.call("POST", PATH, data=body, headers=headers)
    assert answer.status_code == 202
    assert answer.headers["Content-Type"] == headers["Content-Type"]


def test_no_production_reasons_are_taken(api: Any) -> None:
    reasons = {f"no{what}ProdReason": "Why not" for what in ("Backup", "Monitoring", "Replication")}
    api.finish(
        api.create(
            backupEnabled=False, monitoringEnabled=False, replicationEnabled=False, **reasons
        )
    )
    (made,) = api.list(names="PEB4NEW01")
    switches = ("backupStatus", "monitoringEnabled", "replicationStatus")
    assert [made[name] for name in switches] == [False, False, False]


def test_a_name_is_taken(api: Any, refused: Any) -> None:
    taken = api.list()[0]["name"]
    refused(api.create(name=taken), 409, "name")
    refused(api.create(name=taken.lower()), 409, "name")


def test_a_name_is_taken_while_its_instance_is_made(api: Any, refused: Any) -> None:
    first = api.create()
    refused(api.create(), 409, "name")
    api.finish(first)
    refused(api.create(), 409, "name")


def test_a_failed_creation_gives_the_name_back(api: Any) -> None:
    api.simulator.fail_actions(fail=1, process="vm_create", message="No room")
    action = api.finish(api.create(), status="ERROR")
    assert action["message"] == "No room"
    assert api.list(names="PEB4NEW01") == []
    api.finish(api.create())
    assert len(api.list(names="PEB4NEW01")) == 1


def test_quota(api: Any, refused: Any) -> None:
    api.simulator.settings(quota=41)
    assert api.create(name="PA01").status_code == 202
    assert "41" in refused(api.create(name="PA02"), 422)


# --- delete --------------------------------------------------------------------------------------


def test_delete(api: Any, refused: Any) -> None:
    identity = one(api, status="INACTIVE")
    name = api.instance(identity)["name"]
    action = api.finish(
        api.call("DELETE", f"{PATH}/{identity}", json={"changeReference": "RFC_123456"})
    )
    assert (action["process"], action["resourceName"]) == ("vm_delete", name)
    refused(api.call("GET", f"{PATH}/{identity}"), 404, "id")
    refused(api.call("DELETE", f"{PATH}/{identity}"), 404, "id")
    assert api.create(name=name).status_code == 202


def test_delete_refused(api: Any, refused: Any) -> None:
    refused(api.call("DELETE", f"{PATH}/{one(api)}"), 400, "status")
    stopped = one(api, status="INACTIVE")
    too_long = {"changeReference": "RFC_1234567"}
    refused(api.call("DELETE", f"{PATH}/{stopped}", json=too_long), 400, "changeReference")


# --- operations ----------------------------------------------------------------------------------

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
    identity = one(api)

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
    identity, other = one(api), one(api)
    first = api.patch(identity, "resize", sizing="2cpu4gb")
    message = refused(api.patch(identity, "stop"), 409)
    assert str(first.json()["id"]) in message
    refused(api.call("POST", f"{PATH}/{identity}/snapshots"), 409)
    refused(api.call("DELETE", f"{PATH}/{identity}"), 409)
    assert api.patch(other, "stop").status_code == 202
    api.finish(first)
    api.finish(api.patch(identity, "stop"))


def test_a_failed_operation_changes_nothing(api: Any) -> None:
    identity = one(api)
    before = api.instance(identity)
    api.simulator.fail_actions(fail=1, message="Out of order")
    action = api.finish(api.patch(identity, "stop"), status="ERROR")
    assert action["message"] == "Out of order"
    assert api.instance(identity) == before
    api.finish(api.patch(identity, "stop"))


def test_unknown_instance(api: Any, refused: Any) -> None:
    refused(api.patch(1, "stop"), 404, "id")


# --- dry run -------------------------------------------------------------------------------------


def dry_writes(identity: int) -> list[tuple[str, str, Any]]:
    create = {"name": "PDRY01", "region": "EB", "serviceId": 13, "platform": "deb12"}
    return [
        ("POST", PATH, {**create, "resourceId": "1cpu2gb"}),
        ("PATCH", f"{PATH}/{identity}", {"operation": "start"}),
        ("DELETE", f"{PATH}/{identity}", None),
        ("PATCH", f"{PATH}/{identity}/snapshots", None),
        ("DELETE", f"{PATH}/{identity}/snapshots/{identity}-snap-1", None),
    ]


@pytest.mark.parametrize("number", range(5))
def test_dry_run(api: Any, number: int) -> None:
    snapshot = {"description": "Before"}
    identity = one(api, status="INACTIVE", snapshot=snapshot)
    api.simulator.control(
        "PATCH", f"/control/instances/{identity}", {"snapshot": {"id": f"{identity}-snap-1"}}
    )
    method, path, body = dry_writes(identity)[number]
    before = api.list()
    headers = {"ITCare-DryRun": "true"}
    answer = api.call(method, path, json=body, headers=headers)
    assert (answer.status_code, answer.content) == (202, b"")
    assert answer.headers["ITCare-DryRun"] == "true"
    api.simulator.advance(60)
    assert (api.list(), api.get("/actions")) == (before, [])
    entry = api.simulator.writes()[-1]
    assert (entry["dry_run"], entry["executed"], entry["status"]) == (True, False, 202)

    api.simulator.settings(dry_run="ignore")
    ignored = api.call(method, path, json=body, headers=headers)
    assert ignored.status_code == 202
    assert "ITCare-DryRun" not in ignored.headers
    assert api.simulator.writes()[-1]["executed"]
    api.finish(ignored)


def test_dry_run_of_a_first_snapshot(api: Any) -> None:
    path = f"{PATH}/{one(api)}/snapshots"
    answer = api.call("POST", path, headers={"ITCare-DryRun": "TRUE"})
    assert (answer.status_code, api.get("/actions")) == (202, [])
    assert api.call("POST", path, headers={"ITCare-DryRun": "false"}).json()["id"]


def test_dry_run_still_refuses(api: Any, refused: Any) -> None:
    headers = {"ITCare-DryRun": "true"}
    body = {"name": api.list()[0]["name"], "region": "EB", "serviceId": 13, "platform": "deb12"}
    answer = api.call("POST", PATH, json={**body, "resourceId": "1cpu2gb"}, headers=headers)
    refused(answer, 409, "name")
    answer = api.call("PATCH", f"{PATH}/{one(api)}", json={"operation": "start"}, headers=headers)
    refused(answer, 400, "status")
