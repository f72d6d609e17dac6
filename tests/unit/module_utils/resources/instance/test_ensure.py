# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""itcare_instance against the server: check mode first, then for real, then again, then check mode again."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.cegedim.cloud.plugins.module_utils.api import errors
from ansible_collections.cegedim.cloud.plugins.module_utils.planning.plan import shows
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.instance.ensure import ensure
from ansible_collections.cegedim.cloud.plugins.module_utils.result import Result
from support.client import NAME, WAIT, calls, client_of, executed, instance_of, shown
from support.simulator import Simulator
from support.tasks import CREATE, STOPPED

OFF = {"monitoring": {"enabled": False}, "backup": {"enabled": False}}
REASONED = {
    "monitoring": {"enabled": False, "alerting": False, "reason": "m"},
    "backup": {"enabled": False, "reason": "b"},
    "replication": {"enabled": False, "reason": "r"},
}
ON = {
    "backupStatus": True,
    "monitoringEnabled": True,
    "monitoringAlerting": True,
    "replicationStatus": True,
}

# (fields of the instance, None without one; options; operations)
CASES: dict[str, tuple[dict[str, Any] | None, dict[str, Any], list[str]]] = {
    "created": (None, CREATE, ["create"]),
    "created, started": (None, {**CREATE, "state": "started"}, ["create"]),
    "created, stopped": (None, {**CREATE, "state": "stopped"}, ["create", "stop"]),
    "created with all": (
        None,
        {
            **CREATE,
            "area": "EB4-STD",
            "availability_zone": "EB4-B",
            "regulation": "STANDARD",
            "authentication_domain_id": "CGDM-AMER",
            "cloud_id": 2,
            "product_code": "pgs15",
            "specific_request": "please",
            "storage_pool": "pool",
            "properties": [{"key": "a", "value": "b", "mandatory": False, "default_value": None}],
            "volumes": [{"id": "data", "size_gb": 20, "excl_from_snap": 0}],
            "monitoring": {"enabled": True, "alerting": True, "on_call": True},
            "backup": {
                "enabled": True,
                "off_site": False,
                "server_policy_id": "SER-DAILY",
                "db_policy_id": "DAT-DAILY",
            },
            "replication": {"enabled": False},
        },
        ["create"],
    ),
    "created in production without protection": (
        None,
        {**CREATE, "service_id": 13, **REASONED},
        ["create"],
    ),
    "present": ({}, {"name": NAME}, []),
    "by name, as it is": ({}, {**CREATE, "service_id": None, "region": None, **OFF}, []),
    "started": (STOPPED, {"name": NAME, "state": "started"}, ["start"]),
    "started already": ({}, {"name": NAME, "state": "started"}, []),
    "stopped": ({}, {"name": NAME, "state": "stopped", "change_reference": "RFC1"}, ["stop"]),
    "stopped already": (STOPPED, {"name": NAME, "state": "stopped"}, []),
    "resized": ({}, {"name": NAME, "sizing": "4cpu8gb", "change_reference": "RFC1"}, ["resize"]),
    "resized a little": ({}, {"name": NAME, "sizing": "2CPU8GB"}, ["resize"]),
    "resized while stopped": (STOPPED, {"name": NAME, "sizing": "1cpu2gb"}, ["resize"]),
    "resized and started": (
        STOPPED,
        {"name": NAME, "sizing": "1cpu2gb", "state": "started"},
        ["resize", "start"],
    ),
    "stopped and resized": (
        {},
        {"name": NAME, "sizing": "1cpu2gb", "state": "stopped"},
        ["stop", "resize"],
    ),
    "monitored": (
        {},
        {"name": NAME, "monitoring": {"enabled": True, "alerting": True}},
        ["update_monitoring"],
    ),
    "alerting only": (ON, {"name": NAME, "monitoring": {"alerting": False}}, ["update_monitoring"]),
    "backed up": ({}, {"name": NAME, "backup": {"enabled": True}}, ["update_backup"]),
    "replicated": (
        {},
        {"name": NAME, "replication": {"enabled": True}},
        ["update_storage_replication"],
    ),
    "unprotected in production": (
        {**ON, "environment": "PRODUCTION"},
        {"name": NAME, **REASONED},
        ["update_monitoring", "update_backup", "update_storage_replication"],
    ),
    "shown as null": (
        {"monitoringEnabled": None, "backupStatus": None, "replicationStatus": None},
        {"name": NAME, **OFF, "replication": {"enabled": False}},
        [],
    ),
    "absent": (STOPPED, {"name": NAME, "state": "absent", "change_reference": "RFC1"}, ["delete"]),
    "absent, running": ({}, {"name": NAME, "state": "absent", "force": True}, ["stop", "delete"]),
    "absent already": (None, {"name": NAME, "state": "absent"}, []),
}


def about_size_or_protections(options: dict[str, Any]) -> bool:
    """Whether it can't be about existence, as there isn't enough to create it, nor about power."""
    given = {key for key, value in options.items() if value is not None}
    return (
        not given.isdisjoint({"sizing", "monitoring", "backup", "replication"})
        and not given >= {"region", "platform", "sizing", "service_id"}
        and options.get("state", "present") == "present"
    )


def run(simulator: Simulator, options: dict[str, Any], read_only: bool = False) -> Result:
    return ensure(client_of(simulator, read_only=read_only), {**WAIT, **options})


def changed_fields(result: Result) -> dict[str, Any]:
    after: dict[str, Any] = result.diff["after"]
    return after


@pytest.fixture(autouse=True)
def _slow_actions(simulator: Simulator) -> None:
    simulator.settings(action_delay=10)


@pytest.mark.parametrize(("fields", "options", "operations"), CASES.values(), ids=CASES)
def test_four_times(
    simulator: Simulator,
    fields: dict[str, Any] | None,
    options: dict[str, Any],
    operations: list[str],
) -> None:
    if fields is not None:
        instance_of(simulator, **fields)
    predicted = run(simulator, options, read_only=True)
    assert not simulator.writes()
    assert predicted.values["operations"] == operations
    assert predicted.changed == bool(operations)
    assert predicted.values["itcare_actions"] == []

    real = run(simulator, options)
    assert (real.changed, real.values["operations"]) == (predicted.changed, operations)
    assert real.diff == predicted.diff
    assert len(simulator.writes()) == len(executed(simulator)) == len(operations)
    ended = [(a["status"], a["resource_name"]) for a in real.values["itcare_actions"]]
    assert ended == [("SUCCESS", NAME)] * len(operations)
    if real.values["instance"] is None:
        assert predicted.values["instance"] is None
    elif operations:
        assert shows(real.values["instance"], changed_fields(predicted))
        assert shows(predicted.values["instance"], changed_fields(predicted))
    else:
        assert predicted.values["instance"] == real.values["instance"]

    for read_only in (False, True):
        simulator.clear_requests()
        again = run(simulator, options, read_only)
        assert not again.changed
        assert again.values["operations"] == []
        assert again.values["instance"] == real.values["instance"]
        # after the token; what is about power or existence asks for actions first
        asked = ["GET /compute/instances"]
        if real.values["instance"] is None:
            asked *= 2  # once more for its name in another case
        if not about_size_or_protections(options):
            asked.insert(0, "GET /actions")
        assert calls(simulator)[1:] == asked


@pytest.mark.parametrize(
    ("fields", "state", "operations"),
    [
        ({}, "restarted", ["stop", "start"]),
        (STOPPED, "restarted", ["start"]),
        ({}, "reset", ["reset"]),
    ],
)
def test_what_is_done_every_time(
    simulator: Simulator, fields: dict[str, Any], state: str, operations: list[str]
) -> None:
    instance_of(simulator, **fields)
    options = {"name": NAME, "state": state}
    if state == "reset":
        options["comment"] = "it hangs"
    predicted = run(simulator, options, read_only=True)
    assert not simulator.writes()
    assert predicted.changed
    assert predicted.values["operations"] == operations
    assert run(simulator, options).values["operations"] == operations
    assert run(simulator, options).changed
    last = {"restarted": ["stop", "start"], "reset": ["reset"]}[state]
    assert [e["body"]["operation"] for e in executed(simulator)] == [*operations, *last]
    comments = [(e["body"].get("options") or {}).get("comment") for e in executed(simulator)]
    assert set(comments) == ({"it hangs"} if state == "reset" else {None})


def test_by_id(simulator: Simulator) -> None:
    identity = instance_of(simulator)["id"]
    instance_of(simulator)  # another of this name
    assert run(simulator, {"id": identity, "state": "stopped"}).changed
    assert not run(simulator, {"id": identity, "state": "stopped"}).changed
    assert run(simulator, {"id": identity, "state": "absent"}).values["instance"] is None
    simulator.clear_requests()
    assert not run(simulator, {"id": identity, "state": "absent"}).changed
    assert calls(simulator)[1:] == ["GET /actions", f"GET /compute/instances/{identity}"]
    with pytest.raises(errors.InputError, match="never created"):
        run(simulator, {**CREATE, "name": None, "id": identity})


@pytest.mark.parametrize("read_only", [False, True])
@pytest.mark.parametrize(
    ("fields", "options", "said"),
    [
        ({}, {"state": "absent"}, "force: true"),
        (STOPPED, {"state": "reset"}, "state: started"),
        ({}, {"service_id": 16, "region": "XX"}, "region is .*, wished XX"),
        (ON | {"environment": "PRODUCTION"}, {"backup": {"enabled": False}}, "backup.reason"),
    ],
)
def test_refused_with_nothing_changed(
    simulator: Simulator,
    fields: dict[str, Any],
    options: dict[str, Any],
    said: str,
    read_only: bool,
) -> None:
    instance_of(simulator, **fields)
    with pytest.raises(errors.InputError, match=said):
        run(simulator, {"name": NAME, **options}, read_only)
    assert not simulator.writes()


@pytest.mark.parametrize("read_only", [False, True])
@pytest.mark.parametrize("state", ["present", "started", "stopped", "restarted", "reset"])
def test_a_misspelt_name(simulator: Simulator, state: str, read_only: bool) -> None:
    instance_of(simulator)
    said = f"^There is no instance PEB4TSET01, .* Did you mean {NAME}[?]$"
    with pytest.raises(errors.InputError, match=said):
        run(simulator, {"name": "PEB4TSET01", "state": state}, read_only)
    assert calls(simulator).count("GET /compute/instances") == 3
    with pytest.raises(errors.InputError, match="^There is no instance NOTHINGLIKEIT, [^?]*$"):
        run(simulator, {"name": "NOTHINGLIKEIT", "state": state}, read_only)
    assert not simulator.writes()


def test_a_new_name_may_be_near_another(simulator: Simulator) -> None:
    instance_of(simulator)
    assert run(simulator, {**CREATE, "name": "PEB4TEST02"}).values["operations"] == ["create"]
    assert not run(simulator, {"name": "PEB4TEST03", "state": "absent"}).changed


@pytest.mark.parametrize(
    ("option", "value", "meant"),
    [
        ("region", "EB9", "region"),
        ("sizing", "huge", "sizing"),
        ("service_id", 9, "service_id"),
        ("network_id", 1, "network_id"),
        ("backup", {"enabled": True, "server_policy_id": "nosuch"}, "backup.server_policy_id"),
    ],
)
def test_a_refused_value_is_told_by_its_option(
    simulator: Simulator, option: str, value: Any, meant: str
) -> None:
    said = rf"no .*[.] That is the option {meant}[.]$"
    with pytest.raises(errors.InconsistentDataError, match=said):
        run(simulator, {**CREATE, option: value})


@pytest.mark.parametrize("settings", [
    {"accepted_body": "empty"},
    {"accepted_status": 200},
    {"action_id_type": "str"},
    {"date_style": "offset"},
    {"names_match": "prefix"},
    {"max_page_size": 7},
    {"action_delay": 0},
    {"action_delay": 0, "accepted_body": "empty"},
], ids=str)  # fmt: skip
def test_however_the_server_puts_it(simulator: Simulator, settings: dict[str, Any]) -> None:
    simulator.settings(**settings)
    options = {**CREATE, "monitoring": {"enabled": True}}
    assert run(simulator, options).values["instance"]["status"] == "ACTIVE"
    assert not run(simulator, options).changed
    changed = {**options, "state": "stopped", "sizing": "4cpu8gb", "monitoring": {"enabled": False}}
    result = run(simulator, changed)
    assert result.values["operations"] == ["stop", "resize", "update_monitoring"]
    assert not run(simulator, changed).changed
    if "accepted_body" not in settings:
        assert [a["id"] for a in result.values["itcare_actions"]] == [
            e["action_id"] for e in executed(simulator)[1:]
        ]
    assert run(simulator, {"name": NAME, "state": "restarted"}).changed
    assert run(simulator, {"name": NAME, "state": "reset"}).changed
    result = run(simulator, {"name": NAME, "state": "absent", "force": True})
    assert result.values["instance"] is None
    assert len(executed(simulator)) == 8


def test_rights(simulator: Simulator) -> None:
    identity = instance_of(simulator)["id"]
    reader: dict[str, Any] = {"client_id": "reader", "client_secret": "reader-secret"}
    ope: dict[str, Any] = {"client_id": "ope", "client_secret": "ope-secret"}
    for account, options, profile in (
        (reader, {"name": NAME, "state": "stopped"}, "OPE"),
        (ope, {**CREATE, "name": "PEB4OTHER01"}, "POW"),
    ):
        with pytest.raises(errors.ForbiddenError, match=f"profile {profile}"):
            ensure(client_of(simulator, **account), {**WAIT, **options})
    assert shown(simulator, identity)["status"] == "ACTIVE"
    assert not executed(simulator)
