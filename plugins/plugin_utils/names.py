# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which host an instance becomes: every instance has a name of its own, or it is an error. None hides another."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleParserError
from ansible_collections.cegedim.cloud.plugins.plugin_utils.expressions import MISSING
from ansible_collections.cegedim.cloud.plugins.plugin_utils.grouping import AnsibleDecides, evaluate
from ansible_collections.cegedim.cloud.plugins.plugin_utils.hosts import (
    Fields,
    dns_name,
    is_safe_name,
    made_safe,
)
from ansible_collections.cegedim.cloud.plugins.plugin_utils.view import View

Preference = t.Callable[[Fields, View], t.Any]
NAMED = 10  # how many instances a message names


def preferences(hostnames: t.Sequence[t.Any], decides: AnsibleDecides) -> list[Preference]:
    """Functions for `hostnames`: the first that finds something names the host."""
    return [_preference(entry, decides) for entry in hostnames]


def _preference(entry: t.Any, decides: AnsibleDecides) -> Preference:
    text = str(entry)
    if text in ("name", "label", "ip_address"):
        return lambda fields, view: fields.get(text)
    if text == "dns":
        return lambda fields, view: dns_name(fields)
    rule = evaluate(decides, entry)
    return lambda fields, view: rule.outcome(view, str(fields.get("name")))


def preferred(wanted: t.Sequence[Preference], fields: Fields, view: View) -> str:
    """The first name that isn't empty, "" when there is none."""
    for find in wanted:
        name = find(fields, view)
        if name is not None and name is not MISSING and not isinstance(name, (bool, list, dict)):
            text = str(name).strip()
            if text:
                return text
    return ""


class Names:
    """Gives out host names, each once."""

    def __init__(self, on_duplicate: str, warn: t.Callable[[str], None]) -> None:
        self._on_duplicate = on_duplicate
        self._warn = warn

    def assign(self, wanted: t.Sequence[tuple[str, t.Any]]) -> list[str | None]:
        """A host name for each (preferred name, instance id); None for one that is left out.

        Raises AnsibleParserError for two instances of one name unless `on_duplicate` says otherwise.
        """
        holders: dict[str, list[int]] = {}
        for index, (name, _identity) in enumerate(wanted):
            if name and is_safe_name(name):
                holders.setdefault(name, []).append(index)
        result: list[str | None] = [None] * len(wanted)
        taken = set(holders)
        self._settle_duplicates(holders, wanted, result, taken)
        self._settle_unsafe(wanted, result, taken)
        return result

    def _settle_duplicates(
        self,
        holders: dict[str, list[int]],
        wanted: t.Sequence[tuple[str, t.Any]],
        result: list[str | None],
        taken: set[str],
    ) -> None:
        several = {name: indexes for name, indexes in holders.items() if len(indexes) > 1}
        if several:
            who = shortened(
                f"'{name}' (ids {', '.join(str(wanted[index][1]) for index in indexes)})"
                for name, indexes in several.items()
            )
            if self._on_duplicate == "error":
                raise AnsibleParserError(
                    f"Several instances have the same host name: {who}. Rename them, choose other hostnames, or set "
                    "on_duplicate to unique (adds the id) or warn (keeps the lowest id)."
                )
            if self._on_duplicate == "warn":
                self._warn(
                    f"Several instances have the same host name, only the lowest id is kept: {who}."
                )
        for name, indexes in holders.items():
            if len(indexes) == 1:
                result[indexes[0]] = name
            elif self._on_duplicate == "unique":
                for index in indexes:
                    result[index] = _untaken(f"{name}_{wanted[index][1]}", taken)
            else:
                result[min(indexes, key=lambda index: _order(wanted[index][1]))] = name

    def _settle_unsafe(
        self, wanted: t.Sequence[tuple[str, t.Any]], result: list[str | None], taken: set[str]
    ) -> None:
        renamed = []
        for index, (name, identity) in enumerate(wanted):
            if not name or not is_safe_name(name):
                safe = _untaken(made_safe(name, identity), taken)
                result[index] = safe
                renamed.append(
                    f"{name!r} (id {identity}) is {safe}" if name else f"id {identity} is {safe}"
                )
        if renamed:
            self._warn(
                "Some instances have no host name, or one that isn't safe to use; they are called otherwise in this "
                f"inventory: {shortened(renamed)}."
            )


def _untaken(name: str, taken: set[str]) -> str:
    candidate, number = name, 2
    while candidate in taken:
        candidate, number = f"{name}_{number}", number + 1
    taken.add(candidate)
    return candidate


def _order(identity: t.Any) -> tuple[bool, t.Any]:
    return (False, identity) if isinstance(identity, int) else (True, str(identity))


def shortened(parts: t.Iterable[str]) -> str:
    known = list(parts)
    more = f" and {len(known) - NAMED} more" if len(known) > NAMED else ""
    return ", ".join(known[:NAMED]) + more
