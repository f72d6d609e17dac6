# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules of every write: what is refused, and what its action does when it ends.

Each function checks a request against the store and returns the ``Change`` to start; none of them
changes anything. So a dry run is a check whose change is thrown away.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from .catalogue import AUTHENTICATION_DOMAINS, Policy, Product, parse_sizing
from .clock import stamp
from .instance import Instance, make_snapshot
from .models import (
    CreateBody,
    MonitoringOptions,
    PatchBody,
    PatchPartyOptions,
    PowerOptions,
    ResetOptions,
    ResizeOptions,
    SnapshotBody,
    SwitchOptions,
)
from .places import PRODUCTION, Site
from .problems import Problem, from_validation, inconsistent, invalid
from .state import ActionFailed, Change, Store

Model = TypeVar("Model", bound=BaseModel)
Apply = Callable[[float], None]  # is given the moment at which the action ends


def find(store: Store, identity: int) -> Instance:
    instance = store.instances.get(identity)
    if instance is None:
        raise Problem(404, f"No instance with id {identity}", field="id", code="NOT_FOUND")
    return instance


def _find_idle(store: Store, identity: int) -> Instance:
    instance = find(store, identity)
    running = store.running.get(identity)
    if running is not None:
        raise Problem(
            409,
            f"Action {running.id} ({running.process}) is in progress on {instance.name}",
            code="ACTION_IN_PROGRESS",
        )
    return instance


def _change(instance: Instance, process: str, apply: Apply) -> Change:
    return Change(process, instance.id, instance.name, instance.path("serviceId"), apply)


def _need_status(instance: Instance, status: str, verb: str) -> None:
    if instance.path("status") != status:
        raise Problem(
            400,
            f"Cannot {verb} {instance.name}: status is {instance.path('status')}, not {status}",
            field="status",
            code="INVALID_STATUS",
        )


def _in_production(instance: Instance) -> bool:
    return bool(instance.path("environment") == PRODUCTION)


def _blank(text: str | None) -> bool:
    return text is None or not text.strip()


# --- creation and deletion -----------------------------------------------------------------------


def create(store: Store, body: CreateBody, by: str) -> Change:
    if store.name_taken(body.name):
        raise Problem(409, f"Name {body.name} is already used", field="name", code="NAME_TAKEN")
    catalogue = store.catalogue
    service = catalogue.services.get(body.serviceId)
    if service is None:
        raise inconsistent("serviceId", f"no service {body.serviceId}")
    platform = catalogue.platforms.get(body.platform)
    if platform is None:
        raise inconsistent("platform", f"no platform '{body.platform}'")
    sizing = parse_sizing(body.resourceId)
    if sizing is None:
        raise inconsistent("resourceId", f"no sizing '{body.resourceId}'")
    site = _site(store, body)
    network = catalogue.networks_of(site, service.environment)[0]
    if body.networkId is not None:
        known = {item.id: item for item in catalogue.networks if item.region == site.region}
        if body.networkId not in known:
            raise inconsistent("networkId", f"no network {body.networkId} in {site.region}")
        network = known[body.networkId]
    cloud = service.cloud
    if body.cloudId is not None:
        if body.cloudId not in catalogue.clouds:
            raise inconsistent("cloudId", f"no cloud {body.cloudId}")
        cloud = catalogue.clouds[body.cloudId]
    product = catalogue.no_product
    if body.productCode is not None:
        if body.productCode not in catalogue.products:
            raise inconsistent("productCode", f"no product '{body.productCode}'")
        product = catalogue.products[body.productCode]
    domain = body.authenticationDomainId or AUTHENTICATION_DOMAINS[0]
    if domain not in AUTHENTICATION_DOMAINS:
        raise inconsistent("authenticationDomainId", f"no domain '{domain}'")
    production = service.environment == PRODUCTION
    for wanted, reason, field in (
        (body.backupEnabled, body.noBackupProdReason, "noBackupProdReason"),
        (body.monitoringEnabled, body.noMonitoringProdReason, "noMonitoringProdReason"),
        (body.replicationEnabled, body.noReplicationProdReason, "noReplicationProdReason"),
    ):
        if production and wanted is False and _blank(reason):
            raise invalid(field, "a reason is needed in production")
    backup = platform.backup_allowed and production
    if body.backupEnabled is not None:
        backup = body.backupEnabled
        if backup and not platform.backup_allowed:
            raise inconsistent("backupEnabled", f"platform '{platform.code}' allows no backup")
    policies = _policies(store, body, production, product)
    quota = store.settings.quota
    in_creation = sum(action.process == "vm_create" for action in store.running.values())
    if quota is not None and len(store.instances) + in_creation >= quota:
        raise Problem(422, f"The quota of {quota} instances is used up", code="QUOTA_EXCEEDED")
    monitored = production or backup if body.monitoringEnabled is None else body.monitoringEnabled
    replicated = production if body.replicationEnabled is None else body.replicationEnabled
    identity = store.next_id

    def appear(when: float) -> None:
        instance = Instance(
            id=identity,
            name=body.name,
            status="ACTIVE",
            site=site,
            platform=platform,
            product=product,
            service=service,
            cloud=cloud,
            network=network,
            ip=store.generator.address(network),
            domain=domain,
            cpu=sizing[0],
            ram=sizing[1],
            disk=platform.system_disk + sum(volume.sizeGb for volume in body.volumes or []),
            monitored=monitored,
            alerting=bool(body.monitoringAlerting),
            on_call=bool(body.onCallSupervision),
            policies=policies if backup else (),
            replicated=replicated,
            replication_reason=None if replicated else body.noReplicationProdReason,
            patch_party=store.catalogue.patch_party(service.environment),
            balancers=[],
            created=when,
            creator=by,
            tags=(),
        )
        store.add(instance, reserved=True)

    return Change(
        "vm_create",
        identity,
        body.name,
        service.id,
        appear,
        begin=lambda: store.reserve(body.name),
    )


def _site(store: Store, body: CreateBody) -> Site:
    """The availability zone: the one that is named, else the default one."""
    sites = [site for site in store.catalogue.sites if site.region == body.region]
    if not sites:
        raise inconsistent("region", f"no region '{body.region}'")
    if body.area is not None:
        sites = [site for site in sites if site.area == body.area]
        if not sites:
            raise inconsistent("area", f"no area '{body.area}' in region {body.region}")
    if body.availabilityZone is not None:
        sites = [site for site in sites if site.zone == body.availabilityZone]
        if not sites:
            raise inconsistent("availabilityZone", f"no zone '{body.availabilityZone}' there")
    # STANDARD is the default, unless the area or zone that is named says otherwise
    named = body.area is not None or body.availabilityZone is not None
    regulation = body.regulation or (None if named else "STANDARD")
    if regulation is not None:
        sites = [site for site in sites if site.regulation == regulation]
        if not sites:
            raise inconsistent("regulation", f"no area with regulation {regulation} there")
    return max(sites, key=lambda site: (site.default_area, site.default_zone))


def _policies(
    store: Store, body: CreateBody, production: bool, product: Product
) -> tuple[Policy, ...]:
    off_site = production if body.backupOffSiteEnabled is None else body.backupOffSiteEnabled
    found = {policy.scope: policy for policy in store.catalogue.default_policies(off_site, product)}
    for identity, scope, field in (
        (body.serverBackupPolicyId, "SERVER", "serverBackupPolicyId"),
        (body.dbBackupPolicyId, "DATABASE", "dbBackupPolicyId"),
    ):
        if identity is not None:
            policy = store.catalogue.policies.get(identity)
            if policy is None or policy.scope != scope:
                raise inconsistent(field, f"no {scope.lower()} backup policy '{identity}'")
            found[scope] = policy
    return tuple(found.values())


def delete(store: Store, identity: int) -> Change:
    instance = _find_idle(store, identity)
    _need_status(instance, "INACTIVE", "delete")
    return _change(instance, "vm_delete", lambda when: store.remove(instance))


# --- PATCH operations ----------------------------------------------------------------------------


def _set(store: Store, instance: Instance, shown: tuple[str, ...], **values: Any) -> Apply:
    """At the end of the action, give the record these values, which the API shows in ``shown``."""

    def apply(when: float) -> None:
        for name, value in values.items():
            setattr(instance, name, value)
        store.changed(instance, *shown)

    return apply


def _stop(store: Store, instance: Instance, options: PowerOptions, by: str) -> Change:
    _need_status(instance, "ACTIVE", "stop")
    return _change(instance, "vm_stop", _set(store, instance, ("status",), status="INACTIVE"))


def _start(store: Store, instance: Instance, options: PowerOptions, by: str) -> Change:
    _need_status(instance, "INACTIVE", "start")
    return _change(instance, "vm_start", _set(store, instance, ("status",), status="ACTIVE"))


def _reset(store: Store, instance: Instance, options: ResetOptions, by: str) -> Change:
    _need_status(instance, "ACTIVE", "reset")
    return _change(instance, "vm_reset", lambda when: None)


def _resize(store: Store, instance: Instance, options: ResizeOptions, by: str) -> Change:
    if instance.path("status") not in ("ACTIVE", "INACTIVE"):
        _need_status(instance, "ACTIVE", "resize")
    sizing = parse_sizing(options.sizing)
    if sizing is None:
        raise inconsistent("sizing", f"no sizing '{options.sizing}'")
    apply = _set(store, instance, ("cpu", "ram"), cpu=sizing[0], ram=sizing[1])
    return _change(instance, "vm_resize", apply)


def _monitoring(store: Store, instance: Instance, options: MonitoringOptions, by: str) -> Change:
    if options.state is None and options.alerting is None:
        raise invalid("options", "state or alerting is needed")
    values: dict[str, Any] = {}
    if options.state is not None:
        values["monitored"] = options.state
    if options.alerting is not None:
        values["alerting"] = options.alerting
    shown = ("monitoringEnabled", "monitoringRequested", "monitoringAlerting")
    return _change(instance, "vm_update_monitoring", _set(store, instance, shown, **values))


def _patch_party(store: Store, instance: Instance, options: PatchPartyOptions, by: str) -> Change:
    choice = options.patchParty
    if choice.excluded and _blank(choice.exclusionReason):
        raise invalid("exclusionReason", "a reason is needed to exclude an instance")
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

    return _change(instance, "vm_update_patch_party", apply)


def _need_reason(instance: Instance, options: SwitchOptions) -> None:
    if not options.state and _in_production(instance) and _blank(options.deactivationReason):
        raise invalid("deactivationReason", "a reason is needed in production")


def _replication(store: Store, instance: Instance, options: SwitchOptions, by: str) -> Change:
    _need_reason(instance, options)
    apply = _set(
        store,
        instance,
        ("replication", "replicationStatus"),
        replicated=options.state,
        replication_reason=None if options.state else options.deactivationReason,
    )
    return _change(instance, "vm_update_storage_replication", apply)


def _backup(store: Store, instance: Instance, options: SwitchOptions, by: str) -> Change:
    if not instance.platform.backup_allowed:
        raise Problem(
            400,
            f"Platform '{instance.platform.code}' allows no backup",
            field="state",
            code="BACKUP_NOT_ALLOWED",
        )
    _need_reason(instance, options)
    policies: tuple[Policy, ...] = ()
    if options.state:
        policies = instance.policies or store.catalogue.default_policies(
            _in_production(instance), instance.product
        )
    shown = ("backup", "backupPolicyDetails", "backupStatus")
    return _change(instance, "vm_update_backup", _set(store, instance, shown, policies=policies))


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
    return prepare(store, _find_idle(store, identity), options, by)


# --- snapshots -----------------------------------------------------------------------------------


def _need_snapshot(instance: Instance, identity: str | None = None) -> dict[str, Any]:
    """The snapshot of this id, or the newest."""
    snapshots = instance.snapshots()
    if not snapshots:
        raise Problem(404, f"{instance.name} has no snapshot", field="snapshot", code="NOT_FOUND")
    for snapshot in sorted(snapshots, key=lambda s: str(s.get("createdAt")), reverse=True):
        if identity in (None, snapshot["id"]):
            return snapshot
    message = f"{instance.name} has no snapshot '{identity}'"
    raise Problem(404, message, field="snapshotId", code="NOT_FOUND")


def create_snapshot(store: Store, identity: int, body: SnapshotBody | None, by: str) -> Change:
    instance = _find_idle(store, identity)
    for snapshot in instance.snapshots():
        message = f"{instance.name} already has the snapshot {snapshot['id']}"
        raise Problem(409, message, code="SNAPSHOT_EXISTS")
    body = body or SnapshotBody()

    def apply(when: float) -> None:
        instance.snapshot = make_snapshot(
            instance,
            store.next_snapshot_number(),
            when,
            by=by,
            description=body.description,
            change_reference=body.changeReference,
        )
        store.expire_later(instance, instance.snapshot)
        store.changed(instance, "snapshot")

    return _change(instance, "vm_create_snapshot", apply)


def recover_snapshot(store: Store, identity: int) -> Change:
    instance = _find_idle(store, identity)
    wanted = _need_snapshot(instance)["id"]

    def apply(when: float) -> None:
        snapshot = next((s for s in instance.snapshots() if s["id"] == wanted), None)
        if snapshot is None:
            raise ActionFailed(f"Snapshot {wanted} has expired")
        instance.put_snapshot(wanted, {**snapshot, "recoveredAt": stamp(when)})
        store.changed(instance, "snapshot")

    return _change(instance, "vm_recover_snapshot", apply)


def delete_snapshot(store: Store, identity: int, snapshot: str) -> Change:
    instance = _find_idle(store, identity)
    _need_snapshot(instance, snapshot)

    def apply(when: float) -> None:
        instance.put_snapshot(snapshot, None)
        store.changed(instance, "snapshot")

    return _change(instance, "vm_delete_snapshot", apply)
