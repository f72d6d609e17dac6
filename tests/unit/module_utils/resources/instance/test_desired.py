# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is asked of an instance is checked before the first request, or before the first write."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.cegedim.cloud.plugins.module_utils.api.errors import InputError
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.instance.desired import (
    DesiredInstance,
    Sizing,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.instance.gather import (
    check_sort,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.instance.planner import (
    plan_instance,
)

CREATE = {"region": "EB4", "platform": "deb12", "sizing": "2cpu4gb", "service_id": 13}
CURRENT: dict[str, Any] = {
    "id": 7,
    "name": "WEB1",
    "status": "ACTIVE",
    "environment": "PRODUCTION",
    "cpu": 2,
    "ram": 4,
    "service_id": 13,
    "image_code": "debian-12",
    "region": {"id": "EB4"},
    "area": {"id": "A1", "regulation": "STANDARD"},
    "network": {"id": 5},
    "monitoring_enabled": True,
    "monitoring_alerting": False,
    "monitoring_on_call_enabled": False,
    "backup_status": True,
    "replication_status": True,
    "backup_policy_details": {
        "policies": [
            {"policy_id": "p1", "replication": True},
            {"policy_id": "d1", "replication": None},
        ]
    },
}


def like_current(changes: dict[str, Any]) -> Any:
    return {**CURRENT, **changes}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "exactly one of name and id"),
        ({"name": "a", "id": 1}, "exactly one of name and id"),
        ({"name": ""}, "name must not be empty"),
        ({"name": "  "}, "name must not be empty"),
        ({"name": "a,b"}, "name is a host name"),
        ({"name": "a", "change_reference": "12345678901"}, "change_reference has at most 10"),
        ({"name": "a", "sizing": " "}, "sizing must not be empty"),
        ({"name": "a", "region": ""}, "region must not be empty"),
        ({"name": "a", "area": " "}, "area must not be empty"),
        ({"name": "a", "availability_zone": ""}, "availability_zone must not be empty"),
        ({"name": "a", "platform": ""}, "platform must not be empty"),
        ({"name": "a", "backup": {"reason": " "}}, "backup.reason must not be empty"),
        ({"name": "a", "monitoring": {"reason": ""}}, "monitoring.reason must not be empty"),
        ({"name": "a", "force": True}, "force goes with state: absent only, not with .* present"),
        ({"name": "a", "state": "reset", "force": True}, "force goes with state: absent only"),
        ({"name": "a", "state": "absent", "comment": "x"}, "comment goes with state: reset only"),
        ({"name": "a", "comment": "x"}, "comment goes with state: reset only, not with .* present"),
    ],
)
def test_refused_before_the_first_request(options: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        DesiredInstance.from_options(options)


@pytest.mark.parametrize(
    ("current", "options", "said"),
    [
        (None, {"id": 5}, "No instance has the id 5.*never created"),
        (None, {"id": 5, **CREATE}, "No instance has the id 5"),
        (
            None,
            {"name": "X"},
            "^There is no instance X, and creating it needs: region, platform, sizing, service_id",
        ),
        (None, {"name": "X", **CREATE, "region": None}, "needs: region[.]"),
        (None, {"name": "X", **CREATE, "sizing": None}, "needs: sizing[.]"),
        (None, {"name": "X", "state": "started"}, "creating it needs"),
        (None, {"name": "X", "state": "restarted", **CREATE}, "can't be restarted"),
        (None, {"name": "X", "state": "reset", **CREATE}, "can't be reset"),
        ({}, {"state": "absent"}, r"WEB1 \(id 7\) is ACTIVE.*force: true"),
        ({"status": "MAINTENANCE"}, {"state": "absent"}, "is MAINTENANCE"),
        ({"status": "INACTIVE"}, {"state": "reset"}, "only a running .*state: started"),
        ({}, {"backup": {"enabled": False}}, "switching its backup off needs backup.reason"),
        ({}, {"monitoring": {"enabled": False}}, "needs monitoring.reason"),
        ({"environment": "prod"}, {"replication": {"enabled": False}}, "replication.reason"),
        (
            {},
            {"region": "EB5", "area": "A2", "service_id": 14},
            "region is EB4, wished EB5; area is A1, wished A2; service_id is 13, wished 14. Nothing",
        ),
        ({}, {"regulation": "HDS"}, "regulation is STANDARD, wished HDS"),
        ({}, {"network_id": 6}, "network_id is 5, wished 6"),
        ({}, {"monitoring": {"on_call": True}}, "monitoring.on_call is False, wished True"),
        ({}, {"backup": {"off_site": False}}, "backup.off_site is True, wished False"),
        (
            {},
            {"backup": {"server_policy_id": "p2"}},
            "backup.server_policy_id is p1, d1, wished p2",
        ),
        ({}, {"backup": {"db_policy_id": "d2"}}, "backup.db_policy_id is p1, d1, wished d2"),
        ({}, {"state": "stopped", "region": "EB5"}, "region is EB4"),
    ],
)
def test_refused_before_the_first_write(
    current: dict[str, Any] | None, options: dict[str, Any], said: str
) -> None:
    desired = DesiredInstance.from_options(
        options if "id" in options else {"name": "WEB1", **options}
    )
    with pytest.raises(InputError, match=said):
        plan_instance(None if current is None else like_current(current), desired)


@pytest.mark.parametrize(
    ("current", "options", "operations"),
    [
        ({}, {}, []),
        ({}, {"state": "started"}, []),
        ({}, {"state": "stopped"}, ["stop"]),
        ({}, {"state": "restarted"}, ["stop", "start"]),
        ({}, {"state": "reset"}, ["reset"]),
        ({}, {"state": "absent", "force": True}, ["stop", "delete"]),
        ({"status": "INACTIVE"}, {}, []),
        ({"status": "INACTIVE"}, {"state": "started"}, ["start"]),
        ({"status": "INACTIVE"}, {"state": "stopped"}, []),
        ({"status": "INACTIVE"}, {"state": "restarted"}, ["start"]),
        ({"status": "INACTIVE"}, {"state": "absent"}, ["delete"]),
        ({}, {"sizing": "2CPU4GB"}, []),
        ({}, {"sizing": "2cpu8gb"}, ["resize"]),
        ({}, {"sizing": "2cpu8gb", "state": "restarted"}, ["stop", "resize", "start"]),
        ({"status": "INACTIVE"}, {"sizing": "1cpu4gb", "state": "started"}, ["resize", "start"]),
        ({}, {"state": "absent", "force": True, "sizing": "9cpu9gb"}, ["stop", "delete"]),
        ({}, {"monitoring": {"enabled": True, "alerting": False, "on_call": False}}, []),
        ({}, {"monitoring": {"alerting": True}}, ["update_monitoring"]),
        ({}, {"backup": {"enabled": False, "reason": "x"}}, ["update_backup"]),
        ({}, {"backup": {"enabled": True, "off_site": True, "server_policy_id": "p1"}}, []),
        ({"backup_policy_details": None}, {"backup": {"off_site": False}}, []),
        ({"backup_policy_details": {"policies": None}}, {"backup": {"db_policy_id": "x"}}, []),
        (
            {"environment": "TEST"},
            {"replication": {"enabled": False}},
            ["update_storage_replication"],
        ),
        ({"area": None, "region": None, "network": {}}, {"region": "X", "network_id": 1}, []),
        ({}, {"region": "eb4", "regulation": "STANDARD"}, []),
        ({}, {"specific_request": "x", "volumes": [{"id": "y"}], "storage_pool": "z"}, []),
    ],
)
def test_operations(
    current: dict[str, Any], options: dict[str, Any], operations: list[str]
) -> None:
    plan = plan_instance(
        like_current(current), DesiredInstance.from_options({"name": "WEB1", **options})
    )
    assert plan.operations == operations
    assert not plan.warnings


@pytest.mark.parametrize(
    ("current", "options", "said"),
    [
        ({}, {"platform": "deb12"}, "image_code 'debian-12' where platform is 'deb12'"),
        ({}, {"sizing": "large"}, "'large' isn't of the form 2cpu4gb.*left alone"),
        ({"cpu": None}, {"sizing": "2cpu4gb"}, "can't be compared.*left alone"),
    ],
)
def test_what_cannot_be_compared_is_left_alone(
    current: dict[str, Any], options: dict[str, Any], said: str
) -> None:
    plan = plan_instance(
        like_current(current), DesiredInstance.from_options({"name": "WEB1", **options})
    )
    assert not plan.changed
    assert len(plan.warnings) == 1
    with pytest.raises(AssertionError, match=said):  # the warning, as pytest would match it
        raise AssertionError(plan.warnings[0])


def test_the_body_of_a_creation() -> None:
    options = {
        "name": "NEW1",
        **CREATE,
        "area": "A1",
        "availability_zone": "Z1",
        "network_id": 9,
        "regulation": "HDS",
        "authentication_domain_id": "CGDM",
        "cloud_id": 0,
        "product_code": "rmq11",
        "specific_request": "please",
        "storage_pool": "pool",
        "properties": [
            {
                "key": "a",
                "value": "b",
                "secret_value": None,
                "default_value": "c",
                "editable": None,
            },
            {"key": "p", "value": None, "secret_value": "s"},
        ],
        "volumes": [{"id": "data", "size_gb": 10, "excl_from_snap": 1, "max": None}],
        "monitoring": {"enabled": False, "alerting": False, "on_call": True, "reason": "m"},
        "backup": {
            "enabled": False,
            "off_site": True,
            "server_policy_id": "s",
            "db_policy_id": "d",
            "reason": "b",
        },
        "replication": {"enabled": False, "reason": "r"},
        "change_reference": "RFC",
    }
    step = plan_instance(None, DesiredInstance.from_options(options)).steps[0]
    assert (step.method, step.path) == ("POST", "/compute/instances")
    assert step.media_type == "application/vnd.cegedim-it.v1+json"
    assert step.body == {
        "name": "NEW1",
        "region": "EB4",
        "platform": "deb12",
        "resourceId": "2cpu4gb",
        "serviceId": 13,
        "area": "A1",
        "availabilityZone": "Z1",
        "networkId": 9,
        "regulation": "HDS",
        "authenticationDomainId": "CGDM",
        "cloudId": 0,
        "productCode": "rmq11",
        "specificRequest": "please",
        "storagePool": "pool",
        "properties": [
            {"key": "a", "value": "b", "defaultValue": "c"},
            {"key": "p", "value": "s"},
        ],
        "volumes": [{"id": "data", "sizeGb": 10, "exclFromSnap": 1}],
        "monitoringEnabled": False,
        "monitoringAlerting": False,
        "onCallSupervision": True,
        "noMonitoringProdReason": "m",
        "backupEnabled": False,
        "backupOffSiteEnabled": True,
        "serverBackupPolicyId": "s",
        "dbBackupPolicyId": "d",
        "noBackupProdReason": "b",
        "replicationEnabled": False,
        "noReplicationProdReason": "r",
    }


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        ({}, "properties: a needs exactly one of value and secret_value."),
        ({"value": "x", "secret_value": "hush"}, "properties: a needs exactly one of value"),
        ({"value": "", "secret_value": "hush"}, "properties: a needs exactly one of value"),
        ({"secret_value": ""}, "properties: the secret_value of a is empty."),
    ],
)
def test_a_property_has_one_value(entry: dict[str, Any], sentence: str) -> None:
    options = {"name": "NEW1", **CREATE, "properties": [{"key": "a", **entry}]}
    with pytest.raises(InputError) as caught:
        DesiredInstance.from_options(options)
    assert str(caught.value).startswith(sentence)
    assert "hush" not in str(caught.value)


def test_a_size_of_another_form_is_passed_on() -> None:
    options = {"name": "NEW1", **CREATE, "sizing": "Large-1"}
    step = plan_instance(None, DesiredInstance.from_options(options)).steps[0]
    assert step.body["resourceId"] == "Large-1"
    assert "cpu" not in step.after


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2cpu4gb", (2, 4)),
        (" 16CPU64GB ", (16, 64)),
        ("2cpu4", None),
        ("2 cpu 4 gb", None),
        ("x2cpu4gb", None),
        ("", None),
    ],
)
def test_sizing(text: str, expected: tuple[int, int] | None) -> None:
    assert Sizing.parse(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, None),
        ("name", "name"),
        ("name,desc", "name,desc"),
        ("name, DESC", "name,desc"),
        ("ip_address,asc", "ipAddress,asc"),
        ("ipAddress", "ipAddress"),
        ("availability_zone.id", "availabilityZone.id"),
    ],
)
def test_sort(text: str | None, expected: str | None) -> None:
    assert check_sort(text) == expected


@pytest.mark.parametrize("text", ["", ",desc", "name,up", "name,asc,desc", "a;b", "name desc,cpu"])
def test_wrong_sort(text: str) -> None:
    with pytest.raises(InputError, match="sort is one property"):
        check_sort(text)
