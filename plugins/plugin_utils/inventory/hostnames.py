# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor inventory, private to the collection. Which host an instance becomes: every instance has a name of its own, or it is an error. None hides another."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible.errors import AnsibleParserError

from ...module_utils.api.errors import InputError
from ...module_utils.api.notices import shortened
from ..grouping.hostvars import MISSING, Fields
from ..grouping.plain import PlainGrouping
from .hosts import dns_name, is_safe_name, made_safe
from .presence import Identity, Occupant, Presence

_FIELDS = ("name", "label", "ip_address", "dns")
SHAPE = "hostnames takes a list of name, label, ip_address, dns and expressions such as name ~ '.example.com'"


class _Entry:
    """One entry of `hostnames`."""

    def __init__(self, entry: t.Any, grouping: PlainGrouping) -> None:
        if not isinstance(entry, str) or not entry.strip():
            raise InputError(f"{SHAPE}, not {entry!r}.")
        self.text = entry
        self.is_field = entry in _FIELDS
        self.exists = self.is_field  # whether an instance has it, if only empty
        if entry in ("name", "label", "ip_address"):
            self.find: t.Callable[[Fields], t.Any] = lambda fields: fields.get(entry)
        elif entry == "dns":
            self.find = dns_name
        else:
            wrong = grouping.wrong_with(entry)
            if wrong:
                raise InputError(
                    f"hostnames: {entry!r} is no expression: {wrong}. {SHAPE}, without braces around them."
                )
            value = grouping.evaluation(entry, f"a name from hostnames entry '{entry}'")
            self.find = lambda fields: value(fields, {}, str(fields.get("name")))


class HostNames:
    """What names a host, in order of preference."""

    def __init__(self, hostnames: t.Sequence[t.Any], grouping: PlainGrouping) -> None:
        self._entries = [_Entry(entry, grouping) for entry in hostnames]
        self._found = False

    def preferred(self, fields: Fields) -> str:
        """The first name that isn't empty, "" when there is none."""
        name = ""
        for entry in self._entries:
            if name and entry.exists:
                continue
            value = entry.find(fields)
            if value is MISSING or isinstance(value, (bool, list, dict)):
                continue
            entry.exists = True
            if not name and value is not None:
                name = str(value).strip()
        self._found = self._found or bool(name)
        return name

    def check(self, count: int) -> None:
        """After all of `count` instances: an expression that none of them has is a mistake, and so is a list that names none
        of them, unless they just have no names."""
        renames_all = not self._found and all(entry.text != "name" for entry in self._entries)
        useless = [
            entry.text
            for entry in self._entries
            if not entry.exists or renames_all or not (self._found or entry.is_field)
        ]
        if count and useless:
            raise InputError(
                f"hostnames: {', '.join(map(repr, useless))} gives no name for any of the {count} instances. {SHAPE}."
            )


@dataclass(repr=False)
class Names:
    """Gives out host names, each once, and none that a group has.

    `groups`: the inventory's, also those that are yet to come. `reserved`: names of groups that will come.
    """

    on_duplicate: str
    warn: t.Callable[[str], None]
    presence: Presence
    groups: t.Container[str] = ()

    def __post_init__(self) -> None:
        self._reserved: t.Container[str] = ()
        self._taken: set[str] = set()
        self._renamed: dict[int, str] = {}

    def assign(
        self, wanted: t.Sequence[tuple[str, Identity]], reserved: t.Container[str] = ()
    ) -> list[str | None]:
        """A host name for each (preferred name, instance); None for one that is left out.

        Raises AnsibleParserError for two instances of one name unless `on_duplicate` says otherwise.
        """
        self._reserved = reserved
        holders: dict[str, list[int]] = {}
        others = []
        for index, (name, _identity) in enumerate(wanted):
            if name and not self._is_group(name) and is_safe_name(name):
                holders.setdefault(name, []).append(index)
            else:
                others.append(index)
        self._taken = set(holders)
        result: list[str | None] = [None] * len(wanted)
        shared: list[_Shared] = []
        for name, indexes in holders.items():
            occupant = self.presence.occupant(name)
            if len(indexes) == 1 and (occupant is None or occupant.is_(wanted[indexes[0]][1])):
                result[indexes[0]] = name
            else:
                shared.append(_Shared(name, {i: wanted[i][1] for i in indexes}, occupant))
        if shared:
            self._settle(shared, result)
        for index in others:
            result[index] = self.rename(index, *wanted[index])
        return result

    def _is_group(self, name: str) -> bool:
        return name in self.groups or name in self._reserved

    def _settle(self, shared: t.Sequence[_Shared], result: list[str | None]) -> None:
        who = shortened(map(str, shared))
        if self.on_duplicate == "error":
            raise AnsibleParserError(
                f"Several instances have the same host name: {who}. Rename them, choose other hostnames, or set "
                "on_duplicate to unique (adds the id, after the account's name where there are several) or warn (keeps the "
                "lowest id, or what is there already)."
            )
        if self.on_duplicate == "warn":
            self.warn(
                "Several instances have the same host name, only the lowest id is kept, or what is there already: "
                f"{who}."
            )
        for several in shared:
            kept = several.kept()
            for index, identity in several.ids.items():
                if several.is_there(identity) or (index == kept and self.on_duplicate == "warn"):
                    result[index] = several.name
                elif self.on_duplicate == "unique":
                    result[index] = self._untaken(f"{several.name}_{identity}", identity)

    def rename(self, index: int, name: str, identity: Identity) -> str:
        """A safe name instead of the one that this instance can't have."""
        safe = self._untaken(made_safe(name, identity), identity)
        who = f"id {identity.spelt_out}"
        self._renamed[index] = f"{name!r} ({who}) is {safe}" if name else f"{who} is {safe}"
        return safe

    def warn_of_renamed(self) -> None:
        if self._renamed:
            self.warn(
                "Some instances have no host name, or one that isn't safe to use or that a group has; they are called "
                f"otherwise in this inventory: {shortened(self._renamed.values())}."
            )

    def _untaken(self, name: str, identity: Identity) -> str:
        candidate, number = name, 2
        while not self._may_have(candidate, identity):
            candidate, number = f"{name}_{number}", number + 1
        self._taken.add(candidate)
        return candidate

    def _may_have(self, name: str, identity: Identity) -> bool:
        if name in self._taken or self._is_group(name):
            return False
        occupant = self.presence.occupant(name)
        return occupant is None or occupant.is_(identity)


@dataclass(frozen=True)
class _Shared:
    """A name that several instances have, one of them perhaps from an earlier source."""

    name: str
    ids: dict[int, Identity]
    occupant: Occupant | None

    def is_there(self, identity: Identity) -> bool:
        return self.occupant is not None and self.occupant.is_(identity)

    def kept(self) -> int | None:
        """The lowest id, of one id that of the first account; none when an earlier source has the name."""
        if self.occupant is not None:
            return None
        return min(self.ids, key=lambda index: _order(self.ids[index].id))

    def __str__(self) -> str:
        ids = ", ".join(identity.spelt_out for identity in self.ids.values())
        if self.occupant is None:
            return f"'{self.name}' (ids {ids})"
        return f"'{self.name}' ({'id' if len(self.ids) == 1 else 'ids'} {ids}; {self.occupant})"


def _order(identity: t.Any) -> tuple[bool, t.Any]:
    return (False, identity) if isinstance(identity, int) else (True, str(identity))
