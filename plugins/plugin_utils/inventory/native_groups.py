# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor inventory, private to the collection. The groups of `group_by` and `tag_groups`. Different values never share one.

What a group is called depends on the values that there are, never on the order in which instances come.
"""

from __future__ import annotations

import hashlib
import typing as t

from ...module_utils.api.errors import InputError
from ...module_utils.api.notices import shortened
from ..grouping.hostvars import Fields

Path = tuple[str, ...]
Value = tuple[str, str, str]  # dimension, text, id ("" where the text is all that tells it)
Key = tuple[str, str, str]  # which value it is, whatever it is called: dimension, kind, id or text
Safe = t.Callable[[str], str]

# group_by -> the paths whose first value that isn't empty names the group
NATIVE_GROUPS: dict[str, tuple[Path, ...]] = {
    "environment": (("environment",),),
    "status": (("status",),),
    "region": (("region", "id"), ("label_region",)),
    "area": (("area", "id"), ("label_area",)),
    "availability_zone": (("availability_zone", "id"), ("label_availability_zone",)),
    "os_type": (("os_type",), ("type",)),
    "family": (("family",),),
    "service": (("service_name",), ("service_key",), ("service_id",)),
    "service_id": (("service_id",),),
    "cloud": (("cloud_name",), ("cloud_id",)),
    "product": (("product_code",), ("product_name",)),
    "patch_group": (("patch_party", "patch_group"),),
    "network": (("network", "technical_id"), ("network", "short_description"), ("network", "id")),
    "account": (("account",),),
}
# Where a name doesn't identify what it names: the path of what does. An id that stands for a name is no name.
_IDENTITIES: dict[Path, Path] = {
    ("service_name",): ("service_id",),
    ("service_key",): ("service_id",),
    ("service_id",): ("service_id",),
    ("cloud_name",): ("cloud_id",),
    ("cloud_id",): ("cloud_id",),
    ("network", "short_description"): ("network", "id"),
    ("network", "id"): ("network", "id"),
}
_FIXED = "service_id"  # asked for because its names never change: others make room
MARK = "_cegedim_cloud_itcare_values"  # attribute of a group: the keys of what it was made for


def native_value(fields: Fields, dimension: str) -> Value | None:
    """What an instance has in this dimension; None for nothing, which is no group."""
    if dimension == "patch_group" and fields.at(("patch_party", "excluded")) is True:
        return dimension, "excluded", ""
    for path in NATIVE_GROUPS[dimension]:
        text = _text(fields.at(path))
        if text:
            identity = _IDENTITIES.get(path)
            return dimension, text, _text(fields.at(identity)) if identity else ""
    return None


def _text(value: t.Any) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # 13.0 is 13
    return "" if value is None or isinstance(value, (dict, list)) else f"{value}"


class NativeGroups:
    """The groups for these values, in an inventory; each is made when it is first asked for."""

    def __init__(self, values: t.Iterable[Value], safe: Safe, inventory: t.Any) -> None:
        self._inventory = inventory
        self._keys = _keys(values)
        self._groups: dict[Value, t.Any] = {}
        before = {name: _marks(group) for name, group in inventory.groups.items()}
        self.names, self._told_apart = _distinct(self._keys, safe, before)

    def group(self, value: Value) -> t.Any:
        group = self._groups.get(value)
        if group is None:
            group = self._groups[value] = marked(
                self._inventory, self.names[value], self._keys[value]
            )
        return group

    def warning(self) -> str | None:
        if not self._told_apart:
            return None
        who = shortened(
            f"{dimension} {text!r}{f' (id {identity})' if identity else ''} is {self.names[dimension, text, identity]}"
            for dimension, text, identity in self._told_apart
        )
        return f"Different values would share a group, so that each gets one of its own: {who}."


def marked(inventory: t.Any, name: str, key: Key) -> t.Any:
    """The group of that name, which says what it is for."""
    group = inventory.groups[inventory.add_group(name)]
    setattr(group, MARK, _marks(group) | {key})
    return group


def _marks(group: t.Any) -> frozenset[Key]:
    found: frozenset[Key] = getattr(group, MARK, frozenset())
    return found


def _keys(values: t.Iterable[Value]) -> dict[Value, Key]:
    """Which value each is. One without an id is the only one of its text that has one."""
    distinct = sorted(set(values))
    ids: dict[tuple[str, str], set[str]] = {}
    for dimension, text, identity in distinct:
        if identity:
            ids.setdefault((dimension, text), set()).add(identity)
    keys = {}
    for value in distinct:
        dimension, text, identity = value
        known = ids.get((dimension, text), set())
        if not identity and len(known) == 1:
            (identity,) = known
        keys[value] = (dimension, "id", identity) if identity else (dimension, "text", text)
    return keys


def _distinct(
    keys: dict[Value, Key], safe: Safe, before: t.Mapping[str, frozenset[Key]]
) -> tuple[dict[Value, str], list[Value]]:
    """A name for each value, and the values whose names had to be told apart."""
    levels = dict.fromkeys(keys, 0)
    while True:
        names = {value: _name(value, keys[value], level, safe) for value, level in levels.items()}
        claims: dict[str, list[Value]] = {}
        for value, name in names.items():
            claims.setdefault(name, []).append(value)
        shared = [
            sharing
            for name, sharing in claims.items()
            if len({keys[value] for value in sharing} | before.get(name, frozenset())) > 1
        ]
        if not shared:
            return names, [value for value, level in levels.items() if level]
        for sharing in shared:
            for value in [v for v in sharing if v[0] != _FIXED] or sharing:
                levels[value] += 1


def _name(value: Value, key: Key, level: int, safe: Safe) -> str:
    """The plain name; with the id or, where there is none, a hash; with a longer and longer hash."""
    dimension, text, _identity = value
    name = f"{dimension}_{text}"
    if level and key[1] == "id":
        name += f"_{key[2]}"
        level -= 1
    if level:
        name += "_" + hashlib.sha256("\n".join(key).encode()).hexdigest()[: 8 * level]
    return safe(name)


def tag_group(inventory: t.Any, tag: str, safe: Safe) -> t.Any:
    return marked(inventory, safe(f"tag_{tag}"), ("tag", "text", tag))


def check_tag_groups(tags: t.Iterable[str], safe: Safe, inventory: t.Any) -> None:
    """Raises InputError for two tags that would share a group."""
    owners = {
        name: (mark[2], " of an earlier source")
        for name, group in inventory.groups.items()
        for mark in _marks(group)
        if mark[0] == "tag"
    }
    for tag in tags:
        name = safe(f"tag_{tag}")
        owner, whose = owners.setdefault(name, (tag, ""))
        if owner != tag:
            raise InputError(
                f"tag_groups: '{tag}' would share the group {name} with '{owner}'{whose}: leave one of them out."
            )
