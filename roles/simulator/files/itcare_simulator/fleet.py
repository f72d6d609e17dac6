# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Instances: compact records, their JSON, and the generator of a realistic fleet."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

from .catalogue import (
    AUTHENTICATION_DOMAINS,
    DAY,
    ENVIRONMENTS,
    PRODUCTION,
    Catalogue,
    Cloud,
    Fields,
    Fragment,
    Network,
    Platform,
    Policy,
    Product,
    Service,
    Site,
    dump,
)
from .clock import stamp

SNAPSHOT_LIFE = 3 * DAY
FIRST_ID = 10001

# What is read often, without making the whole document.
_QUICK: dict[str, Callable[[Instance], Any]] = {
    "availabilityZone.id": lambda i: i.site.zone,
    "backupStatus": lambda i: bool(i.policies),
    "cloudId": lambda i: i.cloud.id,
    "cpu": lambda i: i.cpu,
    "environment": lambda i: i.service.environment,
    "family": lambda i: i.platform.fragment.fields["family"],
    "id": lambda i: i.id,
    "ipAddress": lambda i: i.ip,
    "monitoringEnabled": lambda i: i.monitored,
    "monitoringOnCallEnabled": lambda i: i.on_call,
    "name": lambda i: i.name,
    "network.technicalId": lambda i: i.network.technical_id,
    "patchParty.excluded": lambda i: i.patch_party and i.patch_party["excluded"],
    "ram": lambda i: i.ram,
    "region.id": lambda i: i.site.region,
    "replicationStatus": lambda i: i.replicated,
    "serviceId": lambda i: i.service.id,
    "status": lambda i: i.status,
    "type": lambda i: i.platform.kind,
}


class Instance:
    """One instance. What it shares with others is referred to, never copied.

    ``overrides`` are raw fields that a test has set; they win over everything until an action
    changes the field.
    """

    __slots__ = (
        "_json",
        "alerting",
        "balancers",
        "cloud",
        "comment",
        "cpu",
        "created",
        "creator",
        "disk",
        "domain",
        "id",
        "ip",
        "monitored",
        "more_snapshots",
        "name",
        "network",
        "on_call",
        "overrides",
        "patch_party",
        "platform",
        "policies",
        "product",
        "ram",
        "replicated",
        "replication_reason",
        "service",
        "site",
        "snapshot",
        "status",
        "tags",
    )

    id: int
    name: str
    status: str
    site: Site
    platform: Platform
    product: Product
    service: Service
    cloud: Cloud
    network: Network
    ip: str
    domain: str
    cpu: int
    ram: int
    disk: int
    monitored: bool
    alerting: bool
    on_call: bool
    policies: tuple[Policy, ...]
    replicated: bool
    replication_reason: str | None
    patch_party: Fields | None
    snapshot: Fields | None
    more_snapshots: list[Fields]  # only a test has them
    balancers: list[Fields]
    comment: str | None
    created: float
    creator: str
    tags: tuple[str, ...]
    overrides: Fields | None
    _json: bytes | None

    def __init__(self, **fields: Any) -> None:
        self.replication_reason = None
        self.snapshot = None
        self.more_snapshots = []
        self.comment = None
        self.overrides = None
        self._json = None
        for name, value in fields.items():
            setattr(self, name, value)

    def own(self) -> Fields:
        """The fields that aren't shared."""
        return {
            "authenticationDomain": self.domain,
            "backupStatus": bool(self.policies),
            "comment": self.comment,
            "cpu": self.cpu,
            "creationTime": stamp(self.created),
            "creationUser": self.creator,
            "id": self.id,
            "internalResourceId": self.id + 500000,
            "ipAddress": self.ip,
            "isExternalIngressNode": False,
            "isInternalIngressNode": False,
            "isMemberOFLoadBalancer": bool(self.balancers),
            "label": self.name,
            "loadbalancers": self.balancers,
            "metrologyUrl": f"https://metrology.example.com/d/{self.id}",
            "monitoringAlerting": self.alerting,
            "monitoringEnabled": self.monitored,
            "monitoringOnCallEnabled": self.on_call,
            "monitoringRequested": self.monitored,
            "name": self.name,
            "patchParty": self.patch_party,
            "prettyLabel": f"{self.name} ({self.platform.fragment.fields['osName']})",
            "ram": self.ram,
            "replicationStatus": self.replicated,
            "snapshot": self.snapshot,
            "status": self.status,
            "storage": self.disk,
            "storageMoveInProgress": False,
        }

    def snapshots(self) -> list[Fields]:
        """All of its snapshots; one at most, but for what a test has added."""
        return [*([self.snapshot] if self.snapshot else []), *self.more_snapshots]

    def put_snapshot(self, identity: str, snapshot: Fields | None) -> None:
        """What becomes of the snapshot of this id."""
        if self.snapshot and self.snapshot["id"] == identity:
            self.snapshot = snapshot
        else:
            others = [s for s in self.more_snapshots if s["id"] != identity]
            self.more_snapshots = [*others, *([snapshot] if snapshot else [])]

    def _network_parts(self) -> Fields:
        """The fields of the network that differ from instance to instance."""
        alias = {"alias": self.name.lower(), "domain": self.network.domain}
        return {"dns": [alias], "ipAddress": self.ip}

    def _fragments(self) -> tuple[Fragment, ...]:
        """The fields that others have in common with this one."""
        return (
            self.site.fragment,
            self.platform.fragment,
            self.product.fragment,
            self.service.fragment,
            self.cloud.fragment,
            _backup(self.policies, self.disk),
            _storage(self.disk, self.platform.kind == "WINDOWS"),
            _replication(self.replicated, self.replication_reason),
        )

    def document(self) -> Fields:
        """All of the instance's fields."""
        document = {
            **self.own(),
            "network": {**self.network.fragment.fields, **self._network_parts()},
        }
        for fragment in self._fragments():
            document.update(fragment.fields)
        return merge(document, self.overrides) if self.overrides else document

    def json(self) -> bytes:
        """The document as JSON, kept until something changes."""
        if self._json is None:
            if self.overrides:
                text = dump(self.document())
            else:
                shared = ",".join([fragment.text for fragment in self._fragments()])
                network = f"{self.network.fragment.text},{dump(self._network_parts())[1:-1]}"
                text = f'{dump(self.own())[:-1]},{shared},"network":{{{network}}}}}'
            self._json = text.encode()
        return self._json

    def forget_json(self) -> None:
        self._json = None

    def path(self, dotted: str) -> Any:
        """The value of a field, or of a field within a field; nothing when there is none."""
        quick = _QUICK.get(dotted)
        if quick is not None and self.overrides is None:
            return quick(self)
        value: Any = self.document()
        for part in dotted.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        return value

    def override(self, fields: Fields) -> None:
        """Show these raw fields, whatever the record holds."""
        self.overrides = merge(self.overrides or {}, fields) or None
        self.forget_json()

    def drop_overrides(self, *fields: str) -> None:
        """An action has changed these fields: what a test had set for them is over."""
        self.overrides = {
            name: value for name, value in (self.overrides or {}).items() if name not in fields
        } or None
        self.forget_json()


@lru_cache(maxsize=1000)
def _backup(policies: tuple[Policy, ...], disk: int) -> Fragment:
    if not policies:
        return Fragment({"backup": None, "backupPolicyDetails": None})
    last, used = policies[0].fields["backupLastDate"], disk // 3
    kind = "INCREMENTAL"
    backup = {
        "backupSystem": "NETBACKUP",
        "filesNb": disk * 1000,
        "lastDate": last,
        "size": used,
        "type": kind,
    }
    run = {"backupLastDate": last, "backupSize": used, "id": 1, "type": kind}
    details = {"backups": [run], "policies": [policy.fields for policy in policies]}
    return Fragment({"backup": backup, "backupPolicyDetails": details})


@lru_cache(maxsize=1000)
def _storage(disk: int, windows: bool) -> Fragment:
    system = {
        "free": disk - disk // 3,
        "mountingPoint": "C:" if windows else "/",
        "sizeOf": disk,
        "type": "NTFS" if windows else "xfs",
    }
    information = {"fileSystems": [system], "totalSizeDisks": disk, "totalSizeFileSystems": disk}
    return Fragment({"storageInformation": information})


@lru_cache(maxsize=1000)
def _replication(replicated: bool, reason: str | None) -> Fragment:
    replication = {
        "noStoRplExplanation": reason,
        "storageClass": "GOLD" if replicated else "SILVER",
        "storageClassOverride": None,
        "storageMoveInProgress": False,
        "storageMoveTicket": None,
        "storageReplicationClass": "SYNCHRONOUS" if replicated else "NONE",
    }
    return Fragment({"replication": replication})


def merge(base: Fields, fields: Fields) -> Fields:
    """A copy of base with the fields put over it, objects within objects too."""
    result = dict(base)
    for name, value in fields.items():
        old = result.get(name)
        if isinstance(old, dict) and isinstance(value, dict):
            value = merge(old, value)
        result[name] = value
    return result


def make_snapshot(
    instance: Instance,
    number: int,
    now: float,
    *,
    by: str,
    description: str | None = None,
    change_reference: str | None = None,
) -> Fields:
    """A snapshot taken now."""
    return {
        "changeReference": change_reference,
        "createdAt": stamp(now),
        "createdBy": by,
        "description": description,
        "expiresAt": stamp(now + SNAPSHOT_LIFE),
        "id": f"{instance.id}-snap-{number}",
        "label": f"Snapshot of {instance.name}",
        "recoveredAt": None,
        "snapshotSize": max(1, instance.disk // 10),
    }


_SIZINGS = ((1, 2), (2, 4), (2, 8), (4, 8), (4, 16), (8, 32), (16, 64))
_DISKS = (30, 60, 80, 100, 120, 200, 500)
_REASONS = (
    "Patched by the application team",
    "Vendor appliance, no reboot allowed",
    "Migration in progress",
)
_PEOPLE = ("a.martin", "c.bernard", "l.petit", "m.durand")
_LETTERS = dict(zip(ENVIRONMENTS, "PRTD", strict=True))
_SITE_CODES = {"EB": "EB5", "EB4": "EB4", "ET": "ET1"}
_CRITICALITY = ("low", "medium", "high")


class Generator:
    """Makes instances, the same ones for the same seed and starting time."""

    def __init__(self, catalogue: Catalogue, seed: int) -> None:
        self.catalogue = catalogue
        self.random = random.Random(seed)  # noqa: S311 (no secrets)
        self._numbers: Counter[str] = Counter()
        self._addresses: Counter[int] = Counter()
        self._parties: dict[tuple[bool, str | None], Fields] = {}
        self._tags: dict[tuple[int, int, bool], tuple[str, ...]] = {}
        self._balancers: dict[int, list[Fields]] = {}
        self._sites_by_weight = [
            site
            for site in catalogue.sites
            for _each in range(3 if site.region == "EB" else 2 if site.region == "EB4" else 1)
        ]
        platforms = catalogue.platforms
        self._platforms_by_weight = [
            platforms[code]
            for code, weight in {
                "deb8": 1,
                "deb11": 5,
                "deb12": 6,
                "rhel8": 4,
                "rhel9": 5,
                "centos7": 2,
                "ubuntu2204": 2,
                "win2016": 2,
                "win2019": 4,
                "win2022": 4,
                "aix72": 2,
            }.items()
            for _each in range(weight)
        ]
        self._services = list(catalogue.services.values())
        self._services += [s for s in self._services if s.environment == PRODUCTION]
        self._networks: dict[tuple[str, str], list[Network]] = {}
        for network in catalogue.networks:
            self._networks.setdefault((network.zone, network.environment), []).append(network)
        self._products = [catalogue.no_product] * 12 + list(catalogue.products.values())

    def address(self, network: Network) -> str:
        """The next free address of a network."""
        number = self._addresses[network.id]
        self._addresses[network.id] += 1
        return network.address(number)

    def default_network(self, site: Site, environment: str) -> Network:
        return self._networks[site.zone, environment][0]

    def party(self, environment: str, group: str | None = None) -> Fields:
        """The patch party of servers that aren't excluded, shared by all of a group."""
        key = (environment == PRODUCTION, group)
        if key not in self._parties:
            self._parties[key] = {**self.catalogue.parties[key[0]], "patchGroup": group}
        return self._parties[key]

    def policies(self, off_site: bool, *, database: bool) -> tuple[Policy, ...]:
        """The default backup policies."""
        server = self.catalogue.policy("SERVER", off_site)
        return (server, self.catalogue.policy("DATABASE", off_site)) if database else (server,)

    def fleet(self, count: int) -> Iterator[Instance]:
        for number in range(count):
            yield self.instance(FIRST_ID + number)

    def instance(self, identity: int) -> Instance:
        pick = self.random.choice
        chance = self.random.random
        service = pick(self._services)
        production = service.environment == PRODUCTION
        site = pick(self._sites_by_weight)
        platform = pick(self._platforms_by_weight)
        product = self.catalogue.no_product if platform.kind == "AIX" else pick(self._products)
        network = pick(self._networks[site.zone, service.environment])
        cpu, ram = pick(_SIZINGS)
        created = self.catalogue.start - DAY * (4 + 2000 * chance())
        backed_up = platform.backup_allowed and chance() < (0.95 if production else 0.4)
        monitored = chance() < (0.95 if production else 0.5)
        replicated = chance() < (0.9 if production else 0.1)
        prefix = f"{_LETTERS[service.environment]}{_SITE_CODES[site.region]}{service.application}"
        self._numbers[prefix] += 1
        instance = Instance(
            id=identity,
            name=f"{prefix}{self._numbers[prefix]:02d}",
            status="ACTIVE" if chance() < 0.88 else "INACTIVE",
            site=site,
            platform=platform,
            product=product,
            service=service,
            cloud=service.cloud,
            network=network,
            ip=self.address(network),
            domain=AUTHENTICATION_DOMAINS[chance() < 0.1],
            cpu=cpu,
            ram=ram,
            disk=pick(_DISKS),
            monitored=monitored,
            alerting=monitored and chance() < 0.8,
            on_call=monitored and production and chance() < 0.5,
            policies=(
                self.policies(production, database=product.code is not None) if backed_up else ()
            ),
            replicated=replicated,
            balancers=self._balancer(service) if chance() < 0.15 else [],
            created=created,
            creator=pick(_PEOPLE),
            tags=self._tag(service, int(chance() * 3), chance() < 0.1),
        )
        if production and not replicated:
            instance.replication_reason = "The application replicates its data itself"
        if chance() < 0.07:
            instance.patch_party = {
                **self.party(service.environment),
                "excluded": True,
                "excludedBy": pick(_PEOPLE),
                "exclusionDate": stamp(self.catalogue.start - DAY * (1 + 300 * chance())),
                "exclusionReason": pick(_REASONS),
            }
        else:
            instance.patch_party = self.party(service.environment, pick((None, "1", "2", "3")))
        if chance() < 0.05:
            taken = self.catalogue.start - 0.8 * SNAPSHOT_LIFE * chance()
            instance.snapshot = make_snapshot(
                instance, 1, taken, by=pick(_PEOPLE), description="Before the next release"
            )
        if chance() < 0.1:
            instance.comment = f"Asked for by {pick(_PEOPLE)}"
        return instance

    def _tag(self, service: Service, criticality: int, by_hand: bool) -> tuple[str, ...]:
        key = (service.id, criticality, by_hand)
        if key not in self._tags:
            self._tags[key] = (
                f"app:{service.application.lower()}",
                f"env:{service.environment.lower()}",
                f"team:{service.team}",
                f"criticality:{_CRITICALITY[criticality]}",
                *(("maintenance:manual",) if by_hand else ()),
            )
        return self._tags[key]

    def _balancer(self, service: Service) -> list[Fields]:
        if service.id not in self._balancers:
            self._balancers[service.id] = [
                {
                    "id": 7000 + service.id,
                    "memberCount": 2 + service.id % 4,
                    "monitoringEnabled": True,
                    "name": f"LB-{service.application}-{service.environment[:4]}",
                    "serviceId": service.id,
                    "status": "ACTIVE",
                }
            ]
        return self._balancers[service.id]
