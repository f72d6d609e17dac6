# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor resources, private to the collection. Instances: current and desired state -> Plan. What is known of the API: docs/api.md#operations."""

from __future__ import annotations

import functools
import typing as t

from ...api.answers import dig, number, object_in, objects, same
from ...api.case import to_camel
from ...api.client import MEDIA_TYPE
from ...api.errors import InputError
from ...api.shapes import Action, Instance
from ...planning.others import EXISTENCE, POWER
from ...planning.plan import AFTER_503, NEVER, Plan, Resource, Step, merge
from ..selection.queries import INSTANCES
from .desired import FIXED, PROTECTIONS, UNCERTAIN, DesiredInstance, Sizing

NEEDED_TO_CREATE = ("region", "platform", "sizing", "service_id")


def plan_instance(current: Instance | None, desired: DesiredInstance) -> Plan:
    """What leads from the instance as it is (snake case, None when there is none) to the desired state. Raises InputError."""
    if current is None:
        return _plan_missing(desired)
    name = str(current.get("name") or desired.name)
    status = current.get("status")
    stops = desired.state in ("absent", "stopped", "restarted") and status != "INACTIVE"
    steps = [_power("stop", current, desired)] if stops else []
    if desired.state == "absent":
        if stops and not desired.force:
            raise InputError(
                f"Instance {name} (id {current.get('id')}) is {status}, and only a stopped (INACTIVE) instance can be "
                "deleted: stop it first, or set force: true to have it stopped and deleted."
            )
        steps.append(_delete(current, desired, after_stop=stops))
        return Plan("instance", name, current, tuple(steps))

    warnings = _check_fixed(name, current, desired)
    steps += [*_resize(name, current, desired, warnings), *_protect(current, desired, name)]
    if desired.state == "restarted" or (desired.state == "started" and status != "ACTIVE"):
        steps.append(_power("start", current, desired, after_stop=stops))
    if desired.state == "reset":
        if status != "ACTIVE":
            raise InputError(
                f"Instance {name} is {status}, and only a running (ACTIVE) one can be reset: use state: started."
            )
        steps.append(_reset(desired))
    repeats = desired.state in ("restarted", "reset")
    return Plan("instance", name, current, tuple(steps), tuple(warnings), repeats)


def _plan_missing(desired: DesiredInstance) -> Plan:
    if desired.state == "absent":
        return Plan("instance", str(desired.name or desired.id), None)
    if desired.id is not None:
        raise InputError(
            f"No instance has the id {desired.id}, or the API account may not see it. An id that isn't found is never created."
        )
    if desired.state in ("restarted", "reset"):
        raise InputError(f"There is no instance {desired.name}, so it can't be {desired.state}.")
    missing = _missing_to_create(desired)
    if missing:
        raise InputError(
            f"There is no instance {desired.name}, and creating it needs: {', '.join(missing)}."
        )
    steps = [_create(desired)]
    if desired.state == "stopped":
        steps.append(_power("stop", {"status": "ACTIVE"}, desired, after_stop=True))
    return Plan("instance", str(desired.name), None, tuple(steps))


def _missing_to_create(desired: DesiredInstance) -> list[str]:
    return [
        option
        for option in NEEDED_TO_CREATE
        if option not in desired.fixed and not (option == "sizing" and desired.sizing)
    ]


def _create(desired: DesiredInstance) -> Step:
    body: dict[str, t.Any] = {"name": desired.name, "resourceId": str(desired.sizing)}
    after: dict[str, t.Any] = {"name": desired.name, "status": "ACTIVE"}
    for option, value in desired.fixed.items():
        parameter, shown_as = FIXED[option]
        body[parameter] = to_camel(value)
        if shown_as:
            *parents, leaf = shown_as.split(".")
            inner: dict[str, t.Any] = {leaf: value}
            for parent in reversed(parents):
                inner = {parent: inner}
            after = merge(after, inner)
    if isinstance(desired.sizing, Sizing):
        after.update(desired.sizing._asdict())
    for protection in PROTECTIONS:
        wanted = desired.protection(protection.option)
        if "enabled" in wanted:
            body[protection.create_field] = after[protection.shown_as] = wanted["enabled"]
        if "reason" in wanted:
            body[protection.create_reason] = wanted["reason"]
    for option, key, parameter, shown in _CREATE_ONLY_DETAILS:
        if key in desired.protection(option):
            value = desired.protection(option)[key]
            body[parameter] = value
            if shown:
                after[shown] = value
    return Step(
        label="create",
        method="POST",
        path=INSTANCES,
        body=body,
        after=after,
        process="vm_create",
        reached=lambda current: current is not None,
        again=AFTER_503,
        media_type=MEDIA_TYPE,
    )


# (option, its key, field of the create body, where an instance shows it in a simple field)
_CREATE_ONLY_DETAILS: tuple[tuple[str, str, str, str | None], ...] = (
    ("monitoring", "alerting", "monitoringAlerting", "monitoring_alerting"),
    ("monitoring", "on_call", "onCallSupervision", "monitoring_on_call_enabled"),
    ("backup", "off_site", "backupOffSiteEnabled", None),
    ("backup", "server_policy_id", "serverBackupPolicyId", None),
    ("backup", "db_policy_id", "dbBackupPolicyId", None),
)


def operation(
    name: str, options: Resource, before: Resource, after: Resource, **more: t.Any
) -> Step:
    """A step that is a PATCH of an instance; `more` is the rest of a Step."""
    body = {"operation": name, **({"options": options} if options else {})}
    path = f"{INSTANCES}/{{id}}"
    return Step(name, "PATCH", path, body, before, after, f"vm_{name}", **more)


def _referenced(desired: DesiredInstance, **options: object) -> Resource:
    reference = {"changeReference": desired.change_reference} if desired.change_reference else {}
    return {**options, **reference}


def _power(
    name: str, current: Instance, desired: DesiredInstance, after_stop: bool = False
) -> Step:
    before, after = ("ACTIVE", "INACTIVE") if name == "stop" else ("INACTIVE", "ACTIVE")
    shown = before if after_stop else current.get("status")
    return operation(
        name,
        _referenced(desired),
        {"status": shown},
        {"status": after},
        waits_for_previous=after_stop,
        restores=after_stop and name == "start",
    )


def _reset(desired: DesiredInstance) -> Step:
    options = {"comment": desired.comment} if desired.comment else {}
    return operation("reset", options, {}, {}, again=NEVER)


def _delete(current: Instance, desired: DesiredInstance, after_stop: bool) -> Step:
    shown = {
        key: current.get(key)
        for key in ("id", "name", "environment", "service_name", "status")
        if current.get(key)
    }
    if after_stop:
        shown["status"] = "INACTIVE"
    return Step(
        label="delete",
        method="DELETE",
        path=f"{INSTANCES}/{{id}}",
        body=_referenced(desired) or None,
        before=shown,
        process="vm_delete",
        reached=lambda found: found is None,
        waits_for_previous=after_stop,
    )


def _resize(
    name: str, current: Instance, desired: DesiredInstance, warnings: list[str]
) -> list[Step]:
    if desired.sizing is None:
        return []
    size = desired.sizing
    cpu, ram = number(current.get("cpu")), number(current.get("ram"))
    if isinstance(size, str) or cpu is None or ram is None:
        why = (
            "isn't of the form 2cpu4gb"
            if isinstance(size, str)
            else "can't be compared, as ITCare shows no size"
        )
        warnings.append(f"The sizing '{size}' {why}: the size of instance {name} is left alone.")
        return []
    if size == (cpu, ram):
        return []
    before, after = {"cpu": cpu, "ram": ram}, size._asdict()
    differs = [key for key in after if after[key] != before[key]]
    return [
        operation(
            "resize",
            _referenced(desired, sizing=str(size)),
            {key: before[key] for key in differs},
            {key: after[key] for key in differs},
            told_by_process=False,
        )
    ]


def _protect(current: Instance, desired: DesiredInstance, name: str) -> list[Step]:
    steps = []
    production = str(current.get("environment") or "").upper().startswith("PROD")
    for protection in PROTECTIONS:
        wanted = desired.protection(protection.option)
        shown = {protection.shown_as: wanted.get("enabled")}
        if protection.option == "monitoring":
            shown["monitoring_alerting"] = wanted.get("alerting")
        after = {
            key: value
            for key, value in shown.items()
            if value is not None and bool(current.get(key)) != value
        }
        if not after:
            continue
        if after.get(protection.shown_as) is False and production and not wanted.get("reason"):
            raise InputError(
                f"Instance {name} is in production: switching its {protection.option} off needs {protection.option}.reason."
            )
        state = wanted.get("enabled", bool(current.get(protection.shown_as)))
        options: dict[str, t.Any] = {"state": state}
        if protection.option == "monitoring":
            options["alerting"] = wanted.get("alerting", bool(current.get("monitoring_alerting")))
        if protection.takes_reason and not state and wanted.get("reason"):
            options["deactivationReason"] = wanted["reason"]
        before = {key: bool(current.get(key)) for key in after}
        steps.append(
            operation(
                protection.operation,
                options,
                before,
                after,
                reached=functools.partial(_switched, after),
                told_by_process=False,
            )
        )
    return steps


def _switched(wanted: Resource, current: Resource | None) -> bool:
    """Whether all is on or off as desired; what isn't shown is off."""
    return current is not None and all(
        bool(current.get(key)) == value for key, value in wanted.items()
    )


def _check_fixed(name: str, current: Instance, desired: DesiredInstance) -> list[str]:
    """Warnings. Fails when something differs that no operation changes; what ITCare doesn't show can't differ."""
    differences, warnings = [], []
    for option, wanted in desired.fixed.items():
        shown_as = FIXED[option][1]
        found = dig(current, shown_as) if shown_as else None
        if found is None or same(found, wanted) or str(found).casefold() == str(wanted).casefold():
            continue
        if option in UNCERTAIN:
            warnings.append(
                f"Instance {name} shows {shown_as} '{found}' where {option} is '{wanted}'. It is left as it is; the two "
                "may be names of one thing."
            )
        else:
            differences.append(f"{option} is {found}, wished {wanted}")
    differences += [
        f"{option} is {found}, wished {wanted}"
        for option, found, wanted in _fixed_details(current, desired)
        if found is not None and not same(found, wanted)
    ]
    if differences:
        raise InputError(
            f"Instance {name} (id {current.get('id')}) differs in what can't be changed after its creation: "
            f"{'; '.join(differences)}. Nothing was changed. Leave these options out, or delete and create it anew."
        )
    return warnings


def _fixed_details(current: Instance, desired: DesiredInstance) -> list[tuple[str, t.Any, t.Any]]:
    """What is found of the protections' details, and wanted; None where ITCare doesn't show it."""
    details = object_in(current, "backup_policy_details")
    policies = objects(details.get("policies") or [], "the list of backup policies")
    replicated = [p["replication"] for p in policies if p.get("replication") is not None]
    shown = [str(policy["policy_id"]) for policy in policies if policy.get("policy_id")]
    found: dict[tuple[str, str], object] = {
        ("monitoring", "on_call"): current.get("monitoring_on_call_enabled"),
        ("backup", "off_site"): any(replicated) if replicated else None,
    }
    for key in ("server_policy_id", "db_policy_id"):
        wanted = desired.backup.get(key)
        found["backup", key] = wanted if wanted in shown else ", ".join(shown) or None
    return [
        (f"{option}.{key}", value, desired.protection(option)[key])
        for (option, key), value in found.items()
        if key in desired.protection(option)
    ]


def contradicted_by(desired: DesiredInstance) -> frozenset[str]:
    """The processes of actions that can end in another state than the desired one. None where only size or protections are."""
    if desired.state not in ("present", "absent"):
        return POWER
    protects = any(desired.protection(protection.option) for protection in PROTECTIONS)
    if desired.state == "present" and (desired.sizing or protects) and _missing_to_create(desired):
        return frozenset()  # it can't be about existence
    return EXISTENCE


def with_effect(
    current: Instance | None, action: Action, desired: DesiredInstance
) -> Instance | None:
    """The instance once an action in progress has ended well, as far as its process tells."""
    process = action.get("process")
    if process == "vm_delete":
        return None
    if process == "vm_create" and current is None:
        wanted = {} if _missing_to_create(desired) else _create(desired).after
        return t.cast(Instance, {"name": desired.name, "status": "ACTIVE", **wanted})
    statuses = {"vm_stop": "INACTIVE", "vm_start": "ACTIVE", "vm_reset": "ACTIVE"}
    if current is None or process not in statuses:
        return current
    return {**current, "status": statuses[process]}
