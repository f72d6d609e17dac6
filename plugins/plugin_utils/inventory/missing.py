# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor inventory, private to the collection. What isn't there though it was asked for: names, ids, and as many hosts as there must be."""

from __future__ import annotations

import typing as t

from ...module_utils.api.notices import shortened
from .accounts import Account, AccountFleet
from .presence import Identity


def not_found(found: t.Sequence[AccountFleet]) -> t.Iterator[str]:
    """A text for each: what none of an account's selections has found; of the selections of all accounts, what none of those has."""
    shared = [one for one in found if not one.account.has_own]
    for those in [shared, *([one] for one in found if one.account.has_own)]:
        for field in ("name", "id"):
            wanted = _wanted(those[0].account, f"{field}s") if those else []
            known = {i.get(field) for one in those for i in one.fleet.instances if wanted}
            missing = [str(item) for item in wanted if item not in known]
            if missing:
                text = f"No instance was found for these {field}s: {shortened(missing)}."
                yield text if those is shared else those[0].account.says(text)


def _wanted(account: Account, option: str) -> list[object]:
    given = [getattr(query.selection, option) or () for query in account.queries.values()]
    return list(dict.fromkeys(item for items in given for item in items))


def too_few(
    found: t.Sequence[AccountFleet],
    hosts: t.Sequence[Identity],
    min_hosts: int,
    host_filters: t.Iterable[t.Mapping[str, t.Any]],
) -> str | None:
    """Why that isn't enough: more likely a mistake, or a right that was withdrawn, than a fleet that has gone."""
    count = len(hosts) if len(found) == 1 else len(_servers(hosts))
    least = [(found, count, min_hosts, "Too few hosts: {}, fewer than min_hosts ({})")]
    for one in found:
        if one.account.min_hosts:
            own = sum(identity.account == one.account.name for identity in hosts)
            text = one.account.says("Too few hosts: {}, fewer than its min_hosts ({})")
            least.append(([one], own, one.account.min_hosts, text))
    for those, count, needed, text in least:
        if count < needed:
            return (
                f"{text.format(count, needed)}; {_listed(those)}. In force: {_in_force(those, host_filters)}. "
                "Set min_hosts to 0 where there may be none."
            )
    return None


def _servers(hosts: t.Iterable[Identity]) -> set[object]:
    """Each once, also those that two accounts see."""
    return {
        (
            number if identity.id is None else identity.id,
            identity.id is None,
            identity.origin.api_url,
        )
        for number, identity in enumerate(hosts)
    }


def _listed(found: t.Sequence[AccountFleet]) -> str:
    count = sum(len(one.fleet.instances) for one in found)
    cached, asked = sum(one.cached for one in found), sum(len(one.account.queries) for one in found)
    if not cached:
        return f"ITCare lists {count} instances"
    some = "" if cached == asked else "some of the "
    return f"{some}{count} instances are cached (--flush-cache asks ITCare again)"


def _in_force(
    found: t.Sequence[AccountFleet], host_filters: t.Iterable[t.Mapping[str, t.Any]]
) -> str:
    by_account = {one.account.name: _selected(one.account) for one in found}
    parts = list(dict.fromkeys(by_account.values()))
    if len(parts) > 1:
        parts = [f"{name}: {text or 'no filters'}" for name, text in by_account.items()]
    for entry in host_filters:
        parts += [f"host_filters.{kind}: {text}" for kind, text in entry.items()]
    return "; ".join(filter(None, parts)) or "no filters"


def _selected(account: Account) -> str:
    said = ["; ".join(query.narrowed_by) for query in account.queries.values()]
    return said[0] if len(said) == 1 else " or ".join(f"({text or 'no filters'})" for text in said)
