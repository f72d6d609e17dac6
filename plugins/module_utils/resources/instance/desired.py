# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor resources, private to the collection.
What a task asks of an instance, checked before the first request. What is known of the API: docs/api.md#create, docs/api.md#operations.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, field

from ...api.checks import check_change_reference, check_goes_with
from ...api.errors import InputError
from ...planning.plan import Resource
from ..selection.selection import check_name

# option -> (field of the create body, where an instance shows it); no operation changes these afterwards.
FIXED: dict[str, tuple[str, str | None]] = {
    "region": ("region", "region.id"),
    "area": ("area", "area.id"),
    "availability_zone": ("availabilityZone", "availability_zone.id"),
    "service_id": ("serviceId", "service_id"),
    "network_id": ("networkId", "network.id"),
    "regulation": ("regulation", "area.regulation"),
    "authentication_domain_id": ("authenticationDomainId", "authentication_domain"),
    "cloud_id": ("cloudId", "cloud_id"),
    "product_code": ("productCode", "product_code"),
    "platform": ("platform", "image_code"),
    "specific_request": ("specificRequest", None),
    "storage_pool": ("storagePool", None),
    "properties": ("properties", None),
    "volumes": ("volumes", None),
}
# Nobody knows whether the codes of platforms and of images are one list, so a difference is only a warning.
UNCERTAIN = frozenset({"platform"})


class Sizing(t.NamedTuple):
    """`2cpu4gb`: vCPU and GB of memory. Its text is in the API's spelling."""

    cpu: int
    ram: int

    @classmethod
    def parse(cls, text: str) -> Sizing | None:
        """None when the text has another form."""
        found = re.fullmatch(r"([0-9]{1,9})cpu([0-9]{1,9})gb", text.strip(), re.I)
        return cls(int(found[1]), int(found[2])) if found else None

    def __str__(self) -> str:
        return f"{self.cpu}cpu{self.ram}gb"


@dataclass(frozen=True)
class Protection:
    """Monitoring, backup or replication: how its desired state is sent and read back."""

    option: str
    shown_as: str
    operation: str
    takes_reason: bool = True  # the operation has a deactivationReason

    @property
    def create_field(self) -> str:
        return f"{self.option}Enabled"

    @property
    def create_reason(self) -> str:
        return f"no{self.option.capitalize()}ProdReason"


PROTECTIONS = (
    Protection("monitoring", "monitoring_enabled", "update_monitoring", takes_reason=False),
    Protection("backup", "backup_status", "update_backup"),
    Protection("replication", "replication_status", "update_storage_replication"),
)


@dataclass(frozen=True)
class DesiredInstance:
    """What a task asks for, checked. Options that weren't given are None or missing."""

    state: str
    name: str | None = None
    id: int | None = None
    sizing: Sizing | str | None = None  # a text where it has another form
    monitoring: dict[str, t.Any] = field(default_factory=dict)
    backup: dict[str, t.Any] = field(default_factory=dict)
    replication: dict[str, t.Any] = field(default_factory=dict)
    fixed: dict[str, t.Any] = field(default_factory=dict)
    change_reference: str | None = None
    comment: str | None = None
    force: bool = False

    @classmethod
    def from_options(cls, options: t.Mapping[str, t.Any]) -> DesiredInstance:
        """Raises InputError, naming the option, before the first request."""
        name, identifier = options.get("name"), options.get("id")
        if (name is None) == (identifier is None):
            raise InputError("Say which instance with exactly one of name and id.")
        if name is not None:
            check_name(name)
        sizing = options.get("sizing")
        if sizing is not None and not sizing.strip():
            raise InputError("sizing must not be empty: it is a size such as 2cpu4gb.")
        for option in ("region", "area", "availability_zone", "platform"):
            if options.get(option) is not None and not options[option].strip():
                raise InputError(f"{option} must not be empty: leave it out instead.")
        state = options.get("state") or "present"
        check_goes_with(options, state, force="absent", comment="reset")
        for protection in PROTECTIONS:
            wanted = options.get(protection.option) or {}
            reason = wanted.get("reason")
            if reason is not None and not reason.strip():
                raise InputError(
                    f"{protection.option}.reason must not be empty: say why, or leave it out."
                )
        properties = _properties(options.get("properties"))
        options = {**options, "properties": properties}
        return cls(
            state=state,
            name=name,
            id=identifier,
            sizing=sizing and (Sizing.parse(sizing) or sizing),
            fixed={option: options[option] for option in FIXED if options.get(option) is not None},
            change_reference=check_change_reference(options.get("change_reference")),
            comment=options.get("comment"),
            force=bool(options.get("force")),
            **{p.option: _given(options.get(p.option)) for p in PROTECTIONS},
        )

    @staticmethod
    def secrets(options: t.Mapping[str, t.Any]) -> list[str]:
        """What must be shown nowhere."""
        entries = options.get("properties") or []
        return [entry["secret_value"] for entry in entries if entry.get("secret_value")]

    def protection(self, option: str) -> dict[str, t.Any]:
        return t.cast("dict[str, t.Any]", getattr(self, option))


def _properties(entries: t.Sequence[Resource] | None) -> list[Resource] | None:
    """As the API takes them: a secret is a value like any other there."""
    if entries is None:
        return None
    read: list[Resource] = []
    for entry in entries:
        value, secret = entry.get("value"), entry.get("secret_value")
        if (value is None) == (secret is None):
            raise InputError(
                f"properties: {entry.get('key')} needs exactly one of value and secret_value."
            )
        if secret == "":
            raise InputError(f"properties: the secret_value of {entry.get('key')} is empty.")
        given = {key: item for key, item in entry.items() if key != "secret_value"}
        read.append({**given, "value": secret if value is None else value})
    return read


def _given(options: t.Mapping[str, t.Any] | None) -> dict[str, t.Any]:
    return {key: value for key, value in (options or {}).items() if value is not None}
