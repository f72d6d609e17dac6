# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The list of instances: filters, sorting, pages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol, TypeVar

from .fields import Fields, dump
from .instance import Instance
from .models import Instance as InstanceModel
from .models import ListQuery, scalar_paths
from .problems import invalid
from .settings import Settings
from .store import Store

DEFAULT_PAGE_SIZE = 20
SORTABLE = scalar_paths(InstanceModel)
Predicate = Callable[["Listed"], bool]


class Listed(Protocol):
    """What can be filtered and sorted: an instance, or another resource."""

    @property
    def tags(self) -> tuple[str, ...]:
        """Each as `key:value`."""

    def path(self, dotted: str) -> Any:
        """The value of a field, None when there is none."""


Thing = TypeVar("Thing", bound=Listed)


def _among(path: str, values: Iterable[Any]) -> Predicate:
    wanted = frozenset(values)
    return lambda instance: instance.path(path) in wanted


def _among_words(path: str, words: Iterable[str]) -> Predicate:
    """For values such as PRODUCTION, whatever the case they are asked for in."""
    wanted = frozenset(word.upper() for word in words)
    return lambda instance: str(instance.path(path)).upper() in wanted


def _is(path: str, wanted: bool) -> Predicate:
    return lambda instance: bool(instance.path(path)) is wanted


def _named(values: list[str], match: str) -> Predicate:
    unwanted = [value[1:] for value in values if value.startswith("!")]
    wanted = [value for value in values if not value.startswith("!")]
    if "" in unwanted:
        raise invalid("names", "there is no name after '!'")

    def matcher(names: list[str]) -> Callable[[str], bool]:
        if match == "prefix":
            prefixes = tuple(names)
            return lambda name: name.startswith(prefixes)
        if match == "ignorecase":
            folded = frozenset(name.lower() for name in names)
            return lambda name: name.lower() in folded
        exact = frozenset(names)
        return lambda name: name in exact

    included, excluded = matcher(wanted), matcher(unwanted)

    def named(instance: Listed) -> bool:
        name = str(instance.path("name"))
        return (not wanted or included(name)) and not excluded(name)

    return named


def _tagged(values: list[str], match: str) -> Predicate:
    if any(not all(value.partition(":")[::2]) for value in values):
        raise invalid("tags", "a tag is written key:value")
    wanted = frozenset(values)
    if match == "any":
        return lambda instance: not wanted.isdisjoint(instance.tags)
    return lambda instance: wanted.issubset(instance.tags)


def _predicates(query: ListQuery, store: Store) -> list[Predicate]:
    found: list[Predicate] = []
    if query.services:
        found.append(_among("serviceId", query.services))
    if query.names:
        found.append(_named(query.names, store.settings.names_match))
    if query.types:
        found.append(_among_words("type", query.types))
    if query.families:
        found.append(_among_words("family", query.families))
    if query.environments:
        found.append(_among_words("environment", query.environments))
    if query.statuses:
        found.append(_among_words("status", query.statuses))
    if query.tags:
        found.append(_tagged(query.tags, store.settings.tags_match))
    for wanted, path in (
        (query.monitoringStatus, "monitoringEnabled"),
        (query.monitoringOnCallStatus, "monitoringOnCallEnabled"),
        (query.backupStatus, "backupStatus"),
        (query.recoveryStatus, "replicationStatus"),
    ):
        if wanted is not None:
            found.append(_is(path, wanted))
    if query.includedInPatchParty is not None:
        # without a patch party there is none to be included in
        included = query.includedInPatchParty
        found.append(lambda i: (i.path("patchParty.excluded") is False) is included)
    if query.az:
        found.append(_among("availabilityZone.id", query.az))
    if query.ip:
        found.append(_among("ipAddress", query.ip))
    if query.vlan:
        found.append(_among("network.technicalId", query.vlan))
    if query.clouds:
        found.append(_among("cloudId", query.clouds))
    return found


def _criterion(sort: list[str] | None) -> tuple[str, bool] | None:
    """The property to sort by and whether downwards, from ``property`` or ``property,desc``."""
    given = [value for value in sort or [] if value]
    if not given:
        return None
    if len(given) > 1:
        raise invalid("sort", "multiple sort criteria are not supported")
    name, *direction = given[0].split(",")
    if len(direction) > 1 or (direction and direction[0].lower() not in ("asc", "desc")):
        raise invalid("sort", "expected property(,asc|desc)")
    if name not in SORTABLE:
        raise invalid("sort", f"no property '{name}'")
    return name, bool(direction) and direction[0].lower() == "desc"


def _sort_key(path: str) -> Callable[[Listed], tuple[int, Any]]:
    """Empty values first, then numbers, then text: overrides may mix them."""

    def key(instance: Listed) -> tuple[int, Any]:
        value = instance.path(path)
        if value is None:
            return 0, 0
        return (1, value) if isinstance(value, (int, float)) else (2, str(value))

    return key


def _listed(instance: Instance, snapshot: str) -> bytes:
    if snapshot == "shown":
        return instance.json()
    document = {**instance.document(), "snapshot": None}
    if snapshot == "missing":
        del document["snapshot"]
    return dump(document).encode()


def _sort_fields(criterion: tuple[str, bool] | None) -> list[Fields]:
    """How a page tells what it is sorted by."""
    if criterion is None:
        return []
    name, descending = criterion
    return [
        {
            "ascending": not descending,
            "direction": "DESC" if descending else "ASC",
            "ignoreCase": False,
            "nullHandling": "NATIVE",
            "property": name,
        }
    ]


def page_fields(number: int, size: int, count: int, total: int, sort: list[Fields]) -> Fields:
    """What a page tells beside its content: its place among the others."""
    pages = -(-total // size)
    return {
        "empty": not count,
        "first": number == 0,
        "last": number >= pages - 1,
        "number": number,
        "numberOfElements": count,
        "pageable": {
            "offset": number * size,
            "pageNumber": number,
            "pageSize": size,
            "paged": True,
            "sort": sort,
            "unpaged": False,
        },
        "size": size,
        "sort": sort,
        "totalElements": total,
        "totalPages": pages,
    }


def selected(store: Store, things: Sequence[Thing], query: ListQuery) -> list[Thing]:
    """Those that a query asks for, in its order."""
    criterion = _criterion(query.sort)
    found = list(things)
    for predicate in _predicates(query, store):
        found = [thing for thing in found if predicate(thing)]
    if criterion is not None:
        found = sorted(found, key=_sort_key(criterion[0]), reverse=criterion[1])
    return found


def page_of(
    settings: Settings,
    selection: Sequence[Thing],
    query: ListQuery,
    as_json: Callable[[Thing], bytes],
) -> tuple[int, bytes]:
    """The number of the page that a query asks for, and the page as JSON."""
    number = int(query.page or 0)
    size = int(query.size) if query.size else DEFAULT_PAGE_SIZE
    if size < 1:
        raise invalid("size", "must be at least 1")
    size = min(size, settings.max_page_size)
    total = max(0, len(selection) + settings.count_offset)
    content = selection[number * size : (number + 1) * size]
    rest = page_fields(number, size, len(content), total, _sort_fields(_criterion(query.sort)))
    items = b",".join([as_json(thing) for thing in content])
    return number, b'{"content":[' + items + b"]," + dump(rest)[1:].encode()


class Listing:
    """Answers list queries of one store, remembering each selection until something changes."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._generation = store.generation
        self._selections: dict[str, list[Instance]] = {}

    def select(self, query: ListQuery) -> list[Instance]:
        if self._generation != self.store.generation:
            self._selections.clear()
            self._generation = self.store.generation
        settings = self.store.settings
        asked = query.model_copy(update=dict.fromkeys(settings.ignored_filters))
        if not any(asked.sort or ()) and settings.default_sort != "id":
            asked.sort = [settings.default_sort]
        key = f"{settings.names_match}/{settings.tags_match}/" + asked.model_dump_json(
            exclude={"page", "size"}, exclude_none=True
        )
        if key not in self._selections:
            self._selections[key] = selected(self.store, self.store.ordered(), asked)
        return self._selections[key]

    def page(self, query: ListQuery) -> tuple[int, bytes]:
        """The number of the page, and the page as JSON."""
        settings = self.store.settings
        return page_of(
            settings,
            self.select(query),
            query,
            lambda instance: _listed(instance, settings.listed_snapshot),
        )
