# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One instance: a compact record, what the API shows of it, and its JSON."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from .catalogue import Cloud, Platform, Policy, Product, Service
from .clock import DAY, stamp
from .fields import Fields, Fragment, dump, merge
from .places import Network, Site

SNAPSHOT_LIFE = 3 * DAY

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
    """What it shares with others is referred to, never copied.

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
