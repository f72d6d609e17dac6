# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the API does to an instance, as docs/api.md says: a pure model to hold plans against (`execute`).

It knows nothing of plans but the requests they make. State is a raw instance, as the API shows it; its field `off` tells
how it shows what is switched off, as any field may be null.
"""

from __future__ import annotations

import copy
import datetime
import re
from typing import Any, Protocol
from urllib.parse import unquote

from hypothesis import strategies as st

Raw = dict[str, Any]

NOW = datetime.datetime(2026, 3, 1, 12, tzinfo=datetime.timezone.utc)
SNAPSHOT_LIFE = datetime.timedelta(days=3)
# What an instance may show of its patch party.
PATCH_PARTIES = st.one_of(
    st.none(),
    st.fixed_dictionaries(
        {},
        optional={
            "excluded": st.sampled_from([True, False, None]),
            "exclusionReason": st.sampled_from(["because", "of that", "", None]),
            "patchGroup": st.sampled_from(["1", "2", "3", "", None]),
            "patchDate": st.just("2026-03-05T20:00:00.000Z"),
        },
    ),
)


class Refused(Exception):
    """The API would not accept this request in this state."""


class Request(Protocol):
    """What is looked at of a step."""

    @property
    def method(self) -> str:
        raise NotImplementedError

    @property
    def path(self) -> str:
        raise NotImplementedError

    @property
    def body(self) -> Any:
        raise NotImplementedError


def stamp(moment: datetime.datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def execute(raw: Raw | None, request: Request, environment: str = "DEVELOPMENT") -> Raw | None:
    """The instance once the request's action has ended well. `environment` is that of a new instance's service."""
    raw = copy.deepcopy(raw)
    body = copy.deepcopy(request.body) or {}
    _need(isinstance(body, dict), "a body is an object")
    what = f"{request.method} {re.sub(r'{id}', 'ID', request.path)}"
    if what == "POST /compute/instances":
        _need(raw is None, "the name is taken")
        return _create(body, environment)
    assert raw is not None, f"{what}, but there is no instance"
    reference = body.get("changeReference", "")
    _need(len(reference) <= 10, "changeReference is too long")
    if what == "PATCH /compute/instances/ID":
        _need(set(body) <= {"operation", "options"}, "unknown fields")
        return _operate(raw, body["operation"], body.get("options") or {})
    if what == "DELETE /compute/instances/ID":
        _need(set(body) <= {"changeReference"}, "unknown fields")
        _need(raw["status"] == "INACTIVE", "only when INACTIVE")
        return None
    snapshot = raw.get("snapshot")
    if what == "POST /compute/instances/ID/snapshots":
        _need(set(body) <= {"changeReference", "description"}, "unknown fields")
        _need(len(body.get("description", "")) <= 100, "description is too long")
        _need(snapshot is None, "only one active snapshot")
        raw["snapshot"] = {
            "id": "1-snap-new",
            "changeReference": body.get("changeReference"),
            "description": body.get("description"),
            "createdAt": stamp(NOW),
            "expiresAt": stamp(NOW + SNAPSHOT_LIFE),
            "recoveredAt": None,
        }
    elif what == "PATCH /compute/instances/ID/snapshots":
        _need(not body, "recover has no body")
        _need(snapshot is not None, "there is no snapshot")
        raw["snapshot"]["recoveredAt"] = stamp(NOW)
    else:
        found = re.fullmatch(r"DELETE /compute/instances/ID/snapshots/([^/?#]+)", what)
        assert found, f"the API has no {what}"
        _need((snapshot or {}).get("id") == unquote(found[1]), "no such snapshot")
        raw["snapshot"] = None
    return raw


def _need(condition: bool, why: str) -> None:
    if not condition:
        raise Refused(why)


def _sizing(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d+)cpu(\d+)gb", text)
    _need(found is not None, f"no sizing {text}")
    assert found
    return int(found[1]), int(found[2])


def _operate(raw: Raw, operation: str, options: dict[str, Any]) -> Raw:
    production = raw.get("environment") in ("PRODUCTION", "PROD")
    allowed = {
        "stop": {"changeReference"},
        "start": {"changeReference"},
        "reset": {"comment"},
        "resize": {"sizing", "changeReference"},
        "update_monitoring": {"state", "alerting"},
        "update_patch_party": {"patchParty"},
        "update_storage_replication": {"state", "deactivationReason"},
        "update_backup": {"state", "deactivationReason"},
    }
    _need(operation in allowed, f"no operation {operation}")
    _need(set(options) <= allowed[operation], "unknown options")
    _need(len(options.get("changeReference", "")) <= 10, "changeReference is too long")
    if operation in ("stop", "reset"):
        _need(raw["status"] == "ACTIVE", f"{operation} needs ACTIVE")
    if operation == "start":
        _need(raw["status"] == "INACTIVE", "start needs INACTIVE")
    if operation in ("stop", "start"):
        raw["status"] = "INACTIVE" if operation == "stop" else "ACTIVE"
    elif operation == "resize":
        raw["cpu"], raw["ram"] = _sizing(options["sizing"])
    elif operation == "update_monitoring":
        _need(
            isinstance(options["state"], bool) and isinstance(options["alerting"], bool), "booleans"
        )
        raw["monitoringEnabled"] = options["state"] or raw.get("off", False)
        raw["monitoringAlerting"] = options["alerting"] or raw.get("off", False)
    elif operation in ("update_backup", "update_storage_replication"):
        _need(isinstance(options["state"], bool), "state is a boolean")
        reason = options.get("deactivationReason", "").strip()
        _need(options["state"] or not production or bool(reason), "a reason in production")
        shown = "backupStatus" if operation == "update_backup" else "replicationStatus"
        raw[shown] = options["state"] or raw.get("off", False)
    elif operation == "update_patch_party":
        raw["patchParty"] = _party(options["patchParty"])
    return raw


def _party(desired: dict[str, Any]) -> dict[str, Any]:
    _need(set(desired) <= {"excluded", "exclusionReason", "patchGroup"}, "unknown options")
    _need(isinstance(desired["excluded"], bool), "excluded is a boolean")
    group = desired.get("patchGroup")
    _need(group is None or (isinstance(group, int) and 1 <= group <= 3), "patchGroup is 1 to 3")
    if desired["excluded"]:
        _need(bool(desired.get("exclusionReason", "").strip()), "a reason is a must")
        return {"excluded": True, "exclusionReason": desired["exclusionReason"], "patchGroup": None}
    return {
        "excluded": False,
        "exclusionReason": None,
        "patchGroup": None if group is None else str(group),
    }


_REQUIRED = {"name", "platform", "region", "resourceId", "serviceId"}
_SWITCHES = {
    "monitoring": ("monitoringEnabled", "monitoringEnabled", "noMonitoringProdReason"),
    "backup": ("backupEnabled", "backupStatus", "noBackupProdReason"),
    "replication": ("replicationEnabled", "replicationStatus", "noReplicationProdReason"),
}


def _create(body: dict[str, Any], environment: str) -> Raw:
    _need(all(body.get(field) not in (None, "") for field in _REQUIRED), "a required field")
    cpu, ram = _sizing(body["resourceId"])
    raw: Raw = {
        "id": 1,
        "name": body["name"],
        "status": "ACTIVE",
        "environment": environment,
        "cpu": cpu,
        "ram": ram,
        "serviceId": body["serviceId"],
        "imageCode": body["platform"],
        "region": {"id": body["region"]},
        "area": {
            "id": body.get("area") or "default",
            "regulation": body.get("regulation", "STANDARD"),
        },
        "availabilityZone": {"id": body.get("availabilityZone") or "default"},
        "network": {"id": body.get("networkId") or 5},
        "authenticationDomain": body.get("authenticationDomainId") or "default",
        "cloudId": body.get("cloudId") or 7,
        "productCode": body.get("productCode"),
        "monitoringAlerting": body.get("monitoringAlerting", False),
        "monitoringOnCallEnabled": body.get("onCallSupervision", False),
        "snapshot": None,
        "patchParty": {"excluded": False, "exclusionReason": None, "patchGroup": None},
    }
    production = environment in ("PRODUCTION", "PROD")
    for field, shown, reason in _SWITCHES.values():
        raw[shown] = body.get(field, production)
        _need(raw[shown] or not production or bool(body.get(reason, "").strip()), "a reason")
    return raw
