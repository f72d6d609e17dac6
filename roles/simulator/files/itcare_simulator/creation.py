# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Creating and deleting an instance: what is refused, what a new one gets by default."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from .action import Change
from .catalogue import AUTHENTICATION_DOMAINS, Platform, Policy, Product, Service
from .checks import find_idle, need_reason, need_sizing, need_status
from .fields import Fields
from .instance import Instance
from .models import CreateBody
from .places import PRODUCTION, Network, Site
from .problems import Problem, inconsistent
from .store import Store

Key = TypeVar("Key", int, str)
Value = TypeVar("Value")


def create(store: Store, body: CreateBody, by: str) -> Change:
    if store.name_taken(body.name):
        raise Problem(409, f"Name {body.name} is already used", field="name", code="NAME_TAKEN")
    chosen = _choose(store, body)
    _check_quota(store)
    identity = store.next_id
    service: Service = chosen["service"]

    def appear(when: float) -> None:
        instance = Instance(
            id=identity,
            name=body.name,
            status="ACTIVE",
            ip=store.generator.address(chosen["network"]),
            patch_party=store.catalogue.patch_party(service.environment),
            balancers=[],
            created=when,
            creator=by,
            tags=(),
            **chosen,
        )
        store.add(instance, reserved=True)

    def begin() -> None:
        store.reserve(body.name)

    return Change("vm_create", identity, body.name, service.id, appear, begin)


def _choose(store: Store, body: CreateBody) -> Fields:
    """What the request says of the instance's record, or leaves to be chosen."""
    catalogue = store.catalogue
    service = _known(catalogue.services, body.serviceId, "serviceId", "service")
    production = service.environment == PRODUCTION
    platform = _known(catalogue.platforms, body.platform, "platform", "platform")
    cpu, ram = need_sizing("resourceId", body.resourceId)
    site = _site(store, body)
    network = _network(store, body, site, service)
    cloud, product = service.cloud, catalogue.no_product
    if body.cloudId is not None:
        cloud = _known(catalogue.clouds, body.cloudId, "cloudId", "cloud")
    if body.productCode is not None:
        product = _known(catalogue.products, body.productCode, "productCode", "product")
    domain = _domain(body)
    if production:
        _check_reasons(body)
    backed_up = _backed_up(body, platform, production)
    policies = _policies(store, body, production, product)  # checked even if they aren't used
    monitored = (
        production or backed_up if body.monitoringEnabled is None else body.monitoringEnabled
    )
    replicated = production if body.replicationEnabled is None else body.replicationEnabled
    return {
        "service": service,
        "platform": platform,
        "cpu": cpu,
        "ram": ram,
        "disk": platform.system_disk + sum(volume.sizeGb for volume in body.volumes or []),
        "site": site,
        "network": network,
        "cloud": cloud,
        "product": product,
        "domain": domain,
        "policies": policies if backed_up else (),
        "monitored": monitored,
        "alerting": bool(body.monitoringAlerting),
        "on_call": bool(body.onCallSupervision),
        "replicated": replicated,
        "replication_reason": None if replicated else body.noReplicationProdReason,
    }


def _known(things: Mapping[Key, Value], key: Key, field: str, kind: str) -> Value:
    """What the catalogue has by this key."""
    if key not in things:
        shown = f"'{key}'" if isinstance(key, str) else key
        raise inconsistent(field, f"no {kind} {shown}")
    return things[key]


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


def _network(store: Store, body: CreateBody, site: Site, service: Service) -> Network:
    """The one that is named, anywhere in the region, else the zone's default one."""
    if body.networkId is None:
        return store.catalogue.networks_of(site, service.environment)[0]
    for network in store.catalogue.networks:
        if (network.id, network.region) == (body.networkId, site.region):
            return network
    raise inconsistent("networkId", f"no network {body.networkId} in {site.region}")


def _domain(body: CreateBody) -> str:
    domain = body.authenticationDomainId or AUTHENTICATION_DOMAINS[0]
    if domain not in AUTHENTICATION_DOMAINS:
        raise inconsistent("authenticationDomainId", f"no domain '{domain}'")
    return domain


def _check_reasons(body: CreateBody) -> None:
    """What production has unless a reason is given."""
    for wanted, reason, field in (
        (body.backupEnabled, body.noBackupProdReason, "noBackupProdReason"),
        (body.monitoringEnabled, body.noMonitoringProdReason, "noMonitoringProdReason"),
        (body.replicationEnabled, body.noReplicationProdReason, "noReplicationProdReason"),
    ):
        if wanted is False:
            need_reason(field, reason)


def _backed_up(body: CreateBody, platform: Platform, production: bool) -> bool:
    if body.backupEnabled is None:
        return platform.backup_allowed and production
    if body.backupEnabled and not platform.backup_allowed:
        raise inconsistent("backupEnabled", f"platform '{platform.code}' allows no backup")
    return body.backupEnabled


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


def _check_quota(store: Store) -> None:
    quota = store.settings.quota
    in_creation = sum(action.process == "vm_create" for action in store.running.values())
    if quota is not None and len(store.instances) + in_creation >= quota:
        raise Problem(422, f"The quota of {quota} instances is used up", code="QUOTA_EXCEEDED")


def delete(store: Store, identity: int) -> Change:
    instance = find_idle(store, identity)
    need_status(instance, "INACTIVE", "delete")
    return Change.on(instance, "vm_delete", lambda when: store.remove(instance))
