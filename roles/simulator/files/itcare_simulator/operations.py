# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The PATCH operations of an instance: what is refused, and what each does in the end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic import BaseModel, ValidationError

from .action import Apply, Change
from .catalogue import Policy
from .checks import find_idle, in_production, need_reason, need_sizing, need_status
from .clock import stamp
from .instance import Instance
from .models import (
    MonitoringOptions,
    PatchBody,
    PatchPartyOptions,
    PowerOptions,
    ResetOptions,
    ResizeOptions,
    SwitchOptions,
)
from .problems import Problem, from_validation, invalid
from .store import Store


def _set(store: Store, instance: Instance, shown: tuple[str, ...], **values: Any) -> Apply:
    """At the end of the action, give the record these values, which the API shows in ``shown``."""

    def apply(when: float) -> None:
        for name, value in values.items():
            setattr(instance, name, value)
        store.changed(instance, *shown)

    return apply


def _stop(store: Store, instance: Instance, options: PowerOptions, by: str) -> Change:
    need_status(instance, "ACTIVE", "stop")
    return Change.on(instance, "vm_stop", _set(store, instance, ("status",), status="INACTIVE"))


def _start(store: Store, instance: Instance, options: PowerOptions, by: str) -> Change:
    need_status(instance, "INACTIVE", "start")
    return Change.on(instance, "vm_start", _set(store, instance, ("status",), status="ACTIVE"))


def _reset(store: Store, instance: Instance, options: ResetOptions, by: str) -> Change:
    need_status(instance, "ACTIVE", "reset")
    return Change.on(instance, "vm_reset", lambda when: None)


def _resize(store: Store, instance: Instance, options: ResizeOptions, by: str) -> Change:
    if instance.path("status") not in ("ACTIVE", "INACTIVE"):
        need_status(instance, "ACTIVE", "resize")
    cpu, ram = need_sizing("sizing", options.sizing)
    apply = _set(store, instance, ("cpu", "ram"), cpu=cpu, ram=ram)
    return Change.on(instance, "vm_resize", apply)


def _monitoring(store: Store, instance: Instance, options: MonitoringOptions, by: str) -> Change:
    if options.state is None and options.alerting is None:
        raise invalid("options", "state or alerting is needed")
    values: dict[str, Any] = {}
    if options.state is not None:
        values["monitored"] = options.state
    if options.alerting is not None:
        values["alerting"] = options.alerting
    shown = ("monitoringEnabled", "monitoringRequested", "monitoringAlerting")
    return Change.on(instance, "vm_update_monitoring", _set(store, instance, shown, **values))


def _patch_party(store: Store, instance: Instance, options: PatchPartyOptions, by: str) -> Change:
    choice = options.patchParty
    if choice.excluded:
        need_reason("exclusionReason", choice.exclusionReason, "to exclude an instance")
    group = None if choice.patchGroup is None else str(choice.patchGroup)
    environment = str(instance.path("environment"))

    def apply(when: float) -> None:
        if choice.excluded:
            instance.patch_party = {
                **store.catalogue.patch_party(environment),
                "excluded": True,
                "excludedBy": by,
                "exclusionDate": stamp(when),
                "exclusionReason": choice.exclusionReason,
            }
        else:
            instance.patch_party = store.catalogue.patch_party(environment, group)
        store.changed(instance, "patchParty")

    return Change.on(instance, "vm_update_patch_party", apply)


def _check_switch_off(instance: Instance, options: SwitchOptions) -> None:
    if not options.state and in_production(instance):
        need_reason("deactivationReason", options.deactivationReason)


def _replication(store: Store, instance: Instance, options: SwitchOptions, by: str) -> Change:
    _check_switch_off(instance, options)
    apply = _set(
        store,
        instance,
        ("replication", "replicationStatus"),
        replicated=options.state,
        replication_reason=None if options.state else options.deactivationReason,
    )
    return Change.on(instance, "vm_update_storage_replication", apply)


def _backup(store: Store, instance: Instance, options: SwitchOptions, by: str) -> Change:
    if not instance.platform.backup_allowed:
        raise Problem(
            400,
            f"Platform '{instance.platform.code}' allows no backup",
            field="state",
            code="BACKUP_NOT_ALLOWED",
        )
    _check_switch_off(instance, options)
    policies: tuple[Policy, ...] = ()
    if options.state:
        policies = instance.policies or store.catalogue.default_policies(
            in_production(instance), instance.product
        )
    shown = ("backup", "backupPolicyDetails", "backupStatus")
    return Change.on(instance, "vm_update_backup", _set(store, instance, shown, policies=policies))


OPERATIONS: dict[str, tuple[type[BaseModel], Callable[[Store, Instance, Any, str], Change]]] = {
    "stop": (PowerOptions, _stop),
    "start": (PowerOptions, _start),
    "reset": (ResetOptions, _reset),
    "resize": (ResizeOptions, _resize),
    "update_monitoring": (MonitoringOptions, _monitoring),
    "update_patch_party": (PatchPartyOptions, _patch_party),
    "update_storage_replication": (SwitchOptions, _replication),
    "update_backup": (SwitchOptions, _backup),
}


def patch(store: Store, identity: int, body: PatchBody, by: str) -> Change:
    if body.operation not in OPERATIONS:
        raise invalid("operation", f"no operation '{body.operation}'")
    model, prepare = OPERATIONS[body.operation]
    try:
        options = model.model_validate(body.options or {})
    except ValidationError as error:
        raise from_validation(error.errors()) from error
    return prepare(store, find_idle(store, identity), options, by)
