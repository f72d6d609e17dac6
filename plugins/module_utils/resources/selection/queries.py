# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor resources, private to the collection. List queries of instances, with the fewest requests, and compared again with what was asked for."""

from __future__ import annotations

import math
import typing as t
from dataclasses import dataclass

from ...api.answers import Item, one_object, read_id
from ...api.client import Client, query_string
from ...api.errors import FilterIgnoredError, NotFoundError, UnreadableAnswerError
from ...api.notices import shortened
from ...api.pages import PAGE_SIZE, WORKERS, fetch_all
from .filters import FILTERS, mismatches, shown

Params = dict[str, t.Any]

INSTANCES = "/compute/instances"
LONGEST_QUERY = 7000  # characters; with the address a URL stays under 8,000 (rule 7 of docs/architecture.md#safety-rules)
NAMED = 5  # how many instances a message spells out


@dataclass(repr=False)
class Queries:
    """The queries of one selection. `chosen` says which instances of a list belong to it."""

    client: Client
    chosen: t.Callable[[Item], bool] = lambda instance: True
    page_size: int = PAGE_SIZE
    workers: int = WORKERS
    compares: bool = True

    def __post_init__(self) -> None:
        self.has_read_all = False
        self.left_out: dict[str, Item] = {}  # what lists had besides, by name
        self._doubts: dict[str, dict[object, Item]] = {}

    def of_all(self) -> Queries:
        """The same without a choice: all that is listed belongs to it."""
        return Queries(self.client, page_size=self.page_size, workers=self.workers)

    def listed(self, params: Params) -> list[Item]:
        """One list: the chosen ones of it. Raises FilterIgnoredError when a filter didn't do its work."""
        items = self._list(params)
        found = []
        for item in items:
            if self.chosen(item):
                found.append(item)
            else:
                self.left_out[str(item.get("name"))] = item
        self.has_read_all |= not params
        if self.compares:
            self._compare(found, params, len(items))
        return found

    def _list(self, params: Params) -> list[Item]:
        return listed_instances(self.client, params, page_size=self.page_size, workers=self.workers)

    def by_names(self, names: t.Sequence[str], params: Params) -> list[Item]:
        """The instances of these names: in several lists where the address has no room for all, or the list of all where
        that is cheaper."""
        chunks = list(name_chunks(names, params))
        if len(chunks) > 1 and self._cost(self._total(params)) <= sum(
            self._cost(len(chunk)) for chunk in chunks
        ):
            return self.listed(params)
        return union(self.listed({**params, "names": chunk}) for chunk in chunks)

    def by_ids(self, ids: t.Sequence[int]) -> list[Item]:
        """The list has no filter for ids: whichever is cheaper of the whole list and one request per id."""
        if len(ids) == 1 or self._cost(self._total({})) > len(ids):
            found = [read_by_id(self.client, instance_id) for instance_id in ids]
            return [instance for instance in found if instance is not None]
        return self.listed({})

    def by_tags(
        self, tags: t.Sequence[str], ask: t.Callable[[list[str]], list[Item]]
    ) -> list[Item]:
        """Tags with the same key are alternatives, different keys must all match. One query for each tag, as nobody knows
        how the service takes several. An instance that is tagged between two queries may be missed.
        """
        by_key: dict[str, list[str]] = {}
        for tag in dict.fromkeys(tags):
            by_key.setdefault(tag.partition(":")[0], []).append(tag)
        found: dict[object, Item] | None = None
        for alternatives in by_key.values():
            having = {item.get("id"): item for item in union(ask([tag]) for tag in alternatives)}
            found = having if found is None else {i: found[i] for i in found if i in having}
        return list((found or {}).values())

    def warn_of_doubts(self, found: t.Iterable[Item]) -> None:
        """One warning for each filter that some of the selection don't seem to fit."""
        ids = {instance.get("id") for instance in found}
        for name, odd in self._doubts.items():
            kept = [instance for i, instance in odd.items() if i in ids]
            if kept:
                self.client.notices.warn(
                    f"filters.{name}: {len(kept)} of the instances that ITCare lists for it show something else: "
                    f"{_spelt_out(name, kept)}. They are taken as ITCare lists them."
                )

    def _compare(self, found: list[Item], params: Params, total: int) -> None:
        for name, described in FILTERS.items():
            wanted = params.get(described.parameter)
            odd = [] if wanted is None else mismatches(name, wanted, found)
            if not odd:
                continue
            asked = ", ".join(map(str, wanted)) if isinstance(wanted, list) else wanted
            if described.certain:
                raise FilterIgnoredError(
                    f"ITCare lists {len(odd)} instances that filters.{name} ({asked}) should keep out: {_spelt_out(name, odd)}. "
                    "Nothing was done with this list."
                )
            # The field may mean something else. A list that is as long without the filter tells.
            if (
                name not in self._doubts
                and self._total_without(described.parameter, params) == total
            ):
                raise FilterIgnoredError(
                    f"ITCare ignores filters.{name} ({asked}): it lists as many instances without it, and {len(odd)} of them "
                    f"show something else: {_spelt_out(name, odd)}. Nothing was done with this list; leave the filter out if "
                    "they are meant."
                )
            self._doubts.setdefault(name, {}).update({item.get("id"): item for item in odd})

    def _total_without(self, parameter: str, params: Params) -> int:
        rest = {key: value for key, value in params.items() if key != parameter}
        total = self._total(rest)
        return len(self._list(rest)) if total is None else total

    def _cost(self, count: int | None) -> int:
        """Requests for a list of so many instances (pages.py)."""
        pages = math.ceil((count or 0) / self.page_size)
        return pages if pages < 2 else pages + 2

    def _total(self, params: Params) -> int | None:
        """How long a list is, asked with its smallest page; None where that isn't said."""
        page = self.client.get(INSTANCES, {**params, "page": 0, "size": 1})
        total = page.get("totalElements") if isinstance(page, dict) else None
        return total if isinstance(total, int) else None


def _spelt_out(name: str, instances: t.Iterable[Item]) -> str:
    parts = (
        f"{item.get('name')} (id {item.get('id')}) shows {shown(name, item)}" for item in instances
    )
    return shortened(parts, most=NAMED)


def union(lists: t.Iterable[list[Item]]) -> list[Item]:
    """The instances of all lists, each once."""
    return list({item.get("id"): item for items in lists for item in items}.values())


def name_chunks(names: t.Sequence[str], params: Params) -> t.Iterator[list[str]]:
    """`names` in as few lists as keep each query short enough."""
    room = LONGEST_QUERY - len(query_string({**params, "names": []}))
    chunk: list[str] = []
    used = 0
    for name in names:
        length = len(query_string({"": name})) - 1  # encoded, with its comma
        if chunk and used + length > room:
            yield chunk
            chunk, used = [], 0
        chunk.append(name)
        used += length
    if chunk:
        yield chunk


def other_spellings(names: t.Sequence[str], queries: Queries) -> dict[str, Item]:
    """Instances that some of `names` mean in another case, where there is none exactly so: of those that `queries` left
    out, or asked for with one more query, in upper and in lower case. Another mixture of cases isn't found by a service
    that compares exactly."""
    found = in_another_case(names, queries.left_out)
    unknown = [name for name in names if name not in found and name not in queries.left_out]
    forms = [form for name in unknown for form in (name.upper(), name.lower(), name)]
    if queries.has_read_all or len(set(forms)) == len(unknown):
        return found
    asked = queries.of_all().by_names(list(dict.fromkeys(forms)), {})
    return found | in_another_case(unknown, {str(item.get("name")): item for item in asked})


def in_another_case(names: t.Iterable[str], instances: t.Mapping[str, Item]) -> dict[str, Item]:
    by_case = {name.casefold(): item for name, item in instances.items()}
    return {
        name: by_case[name.casefold()]
        for name in names
        if name not in instances and name.casefold() in by_case
    }


def listed_instances(client: Client, params: Params, **how: t.Any) -> list[Item]:
    """One list of instances, as it comes. Raises UnreadableAnswerError.

    Any field may be missing in it, the id too (docs/api.md#instances): only what changes something needs one.
    """
    items = fetch_all(client, INSTANCES, params, notices=client.notices, **how)
    for number, item in enumerate(items):
        _check(item, f"Entry {number} of the list of GET {INSTANCES}")
    return items


def with_ids(instances: list[Item]) -> list[Item]:
    """All of them. Raises UnreadableAnswerError when one can't be told from others."""
    for instance in instances:
        if instance.get("id") is None:
            raise UnreadableAnswerError(
                f"Instance {instance.get('name')} of the list of GET {INSTANCES} is no instance: it has no id."
            )
    return instances


def read_by_id(client: Client, instance_id: object) -> Item | None:
    """One instance, None when there is none."""
    path = f"{INSTANCES}/{instance_id}"
    what = f"The answer to GET {path}"
    try:
        found = one_object(client.get(path), what)
    except NotFoundError:
        return None
    if found.get("id") is None:  # to take it for "not there" would be a guess
        raise UnreadableAnswerError(f"{what} is no instance: it has no id.")
    return _check(found, what)


def _check(item: Item, what: str) -> Item:
    """What instances are told apart by can be compared."""
    if isinstance(item.get("name"), (dict, list)):
        raise UnreadableAnswerError(f"{what} is no instance: its name is no text.")
    if "id" in item:
        item["id"] = read_id(item["id"])  # as a text, too
    return item
