# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Creating and deleting instances: what happens, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

PATH = "/compute/instances"
TEST_SERVICE = 15


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


def test_delete(api: Any, refused: Any) -> None:
    identity = api.one(status="INACTIVE")
    name = api.instance(identity)["name"]
    action = api.finish(
        api.call("DELETE", f"{PATH}/{identity}", json={"changeReference": "RFC_123456"})
    )
    assert (action["process"], action["resourceName"]) == ("vm_delete", name)
    refused(api.call("GET", f"{PATH}/{identity}"), 404, "id")
    refused(api.call("DELETE", f"{PATH}/{identity}"), 404, "id")
    assert api.create(name=name).status_code == 202


def test_delete_refused(api: Any, refused: Any) -> None:
    refused(api.call("DELETE", f"{PATH}/{api.one()}"), 400, "status")
    stopped = api.one(status="INACTIVE")
    too_long = {"changeReference": "RFC_1234567"}
    refused(api.call("DELETE", f"{PATH}/{stopped}", json=too_long), 400, "changeReference")
