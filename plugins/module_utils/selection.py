# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A selection of instances, said alike everywhere: `names`, `ids` and `filters` (contract, section 5, list filters).

The API's `names` may match loosely, so what comes back is compared again here: exactly.
"""

from __future__ import annotations

import difflib
import functools
import math
import re
import typing as t
from dataclasses import dataclass, field

from .client import Client, query_string
from .errors import InputError, NotFoundError
from .pages import PAGE_SIZE, WORKERS, fetch_all

INSTANCES = "/compute/instances"
LONGEST_QUERY = 7000  # characters; with the address a URL stays under 8,000 (design, rule 7)

# filter -> (query parameter, how its values are read)
FILTERS: dict[str, tuple[str, str]] = {
    "types": ("types", "strings"),
    "families": ("families", "strings"),
    "environments": ("environments", "strings"),
    "statuses": ("statuses", "strings"),
    "tags": ("tags", "tags"),
    "services": ("services", "integers"),
    "availability_zones": ("az", "strings"),
    "ips": ("ip", "strings"),
    "vlans": ("vlan", "strings"),
    "cloud_id": ("clouds", "integer"),
    "monitored": ("monitoringStatus", "boolean"),
    "on_call": ("monitoringOnCallStatus", "boolean"),
    "backed_up": ("backupStatus", "boolean"),
    "replicated": ("recoveryStatus", "boolean"),
    "in_patch_party": ("includedInPatchParty", "boolean"),
}
_TRUE = frozenset({"true", "yes", "on", "1", "y", "t"})
_FALSE = frozenset({"false", "no", "off", "0", "n", "f"})


def check_name(name: str, option: str = "name") -> str:
    """An instance's name as the API can be asked for it. Raises InputError."""
    if not isinstance(name, str) or not name.strip():
        raise InputError(f"{option} must not be empty.")
    if (
        name != name.strip()
        or "," in name
        or name.startswith("!")
        or re.search(r"[\x00-\x1f\x7f]", name)
    ):
        raise InputError(
            f"{option} is a host name such as PEB4MYAPP01, not {name!r}: no comma, no leading '!', no blanks around it, "
            "no control characters."
        )
    return name


def filter_params(
    filters: t.Mapping[str, t.Any] | None, option: str = "filters"
) -> dict[str, t.Any]:
    """Query parameters for `filters`. Raises InputError naming the filter, its value and what would be right."""
    params: dict[str, t.Any] = {}
    for name, value in (filters or {}).items():
        if name not in FILTERS:
            near = difflib.get_close_matches(str(name), FILTERS, n=1)
            meant = f" (did you mean {near[0]}?)" if near else ""
            raise InputError(
                f"{option} has no filter '{name}'{meant}: it takes {', '.join(FILTERS)}."
            )
        if value is None:
            continue
        parameter, kind = FILTERS[name]
        read = _READERS[kind](value, f"{option}.{name}")
        if read == []:  # to ignore it would select more than was meant
            raise InputError(f"{option}.{name} is empty: leave it out to select regardless of it.")
        params[parameter] = read
    return params


def _strings(value: t.Any, where: str) -> list[str]:
    items = value if isinstance(value, (list, tuple)) else [value]
    for item in items:
        if (
            isinstance(item, (dict, list, bool))
            or item is None
            or not str(item).strip()
            or "," in str(item)
        ):
            raise InputError(f"{where} takes a list of texts without commas, not {item!r}.")
    return [str(item) for item in items]


def _tags(value: t.Any, where: str) -> list[str]:
    items = _strings(value, where)
    for item in items:
        key, colon, tag_value = item.partition(":")
        if not (key and colon and tag_value):
            raise InputError(f"{where} takes tags as key:value, such as app:web, not {item!r}.")
    return items


def _integer(value: t.Any, where: str) -> int:
    if isinstance(value, bool) or not re.fullmatch(r"\d+", str(value)):
        raise InputError(f"{where} takes a whole number, not {value!r}.")
    return int(value)


def _integers(value: t.Any, where: str) -> list[int]:
    items = value if isinstance(value, (list, tuple)) else [value]
    return [_integer(item, where) for item in items]


def _boolean(value: t.Any, where: str) -> bool:
    text = str(value).lower()
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise InputError(f"{where} takes true or false, not {value!r}.")


_READERS: dict[str, t.Callable[[t.Any, str], t.Any]] = {
    "strings": _strings,
    "tags": _tags,
    "integers": _integers,
    "integer": _integer,
    "boolean": _boolean,
}


@dataclass(frozen=True)
class Selection:
    """Checked `names`, `ids` and `filters`; each given part narrows the selection."""

    names: tuple[str, ...] | None = None
    ids: tuple[int, ...] | None = None
    params: dict[str, t.Any] = field(default_factory=dict)

    @classmethod
    def from_options(cls, options: t.Mapping[str, t.Any]) -> Selection:
        names, ids = options.get("names"), options.get("ids")
        return cls(
            names=(
                None
                if names is None
                else tuple(dict.fromkeys(check_name(n, "names") for n in names))
            ),
            ids=None if ids is None else tuple(dict.fromkeys(_integer(i, "ids") for i in ids)),
            params=filter_params(options.get("filters")),
        )

    @property
    def everything(self) -> bool:
        return self.names is None and self.ids is None and not self.params

    @property
    def alone(self) -> dict[str, t.Any]:
        """The one name or id that is selected by itself, by what actions can be asked for; nothing for more."""
        if self.ids is not None and len(self.ids) == 1:
            return {"resource_id": self.ids[0]}
        if self.ids is None and self.names is not None and len(self.names) == 1:
            return {"name": self.names[0]}
        return {}

    def matches(self, instance: t.Mapping[str, t.Any]) -> bool:
        """What the client compares again; the filters are the server's."""
        names, ids = self._wanted
        return (self.names is None or instance.get("name") in names) and (
            self.ids is None or instance.get("id") in ids
        )

    @functools.cached_property
    def _wanted(self) -> tuple[frozenset[str], frozenset[int]]:
        """Names and ids to look thousands of instances up in."""
        return frozenset(self.names or ()), frozenset(self.ids or ())


def fetch(
    client: Client,
    selection: Selection,
    sort: str | None = None,
    *,
    page_size: int = PAGE_SIZE,
    workers: int = WORKERS,
) -> list[dict[str, t.Any]]:
    """The instances of a selection as the API shows them, with the fewest requests. Missing ones are just not there."""
    if selection.names == () or selection.ids == ():
        return []

    def listed(params: dict[str, t.Any]) -> list[dict[str, t.Any]]:
        return fetch_all(client, INSTANCES, params, page_size=page_size, workers=workers)

    params = {**selection.params, "sort": sort}
    if selection.names is not None:
        found = _by_names(client, listed, selection.names, params)
    elif selection.ids is not None and not selection.params and sort is None:
        found = _by_ids(client, listed, selection.ids)
    else:
        found = listed(params)
    return [instance for instance in found if selection.matches(instance)]


Listed = t.Callable[[dict[str, t.Any]], list[dict[str, t.Any]]]


def _by_names(
    client: Client, listed: Listed, names: t.Sequence[str], params: dict[str, t.Any]
) -> list[dict[str, t.Any]]:
    chunks = list(name_chunks(names, params))
    # Several lists can't be sorted as one by the server.
    if len(chunks) > 1 and (
        params.get("sort")
        or _pages(client, params) <= sum(math.ceil(len(chunk) / PAGE_SIZE) for chunk in chunks)
    ):
        return listed(params)
    found: dict[t.Any, dict[str, t.Any]] = {}
    for chunk in chunks:
        for instance in listed({**params, "names": chunk}):
            found[instance.get("id")] = instance
    return list(found.values())


def name_chunks(names: t.Sequence[str], params: t.Mapping[str, t.Any]) -> t.Iterator[list[str]]:
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


def _by_ids(client: Client, listed: Listed, ids: t.Sequence[int]) -> list[dict[str, t.Any]]:
    """The list has no filter for ids: whichever is cheaper of the whole list and one request per id."""
    if len(ids) == 1 or _pages(client, {}) > len(ids):
        found = [read_by_id(client, instance_id) for instance_id in ids]
        return [instance for instance in found if instance is not None]
    return listed({})


def _pages(client: Client, params: t.Mapping[str, t.Any]) -> int:
    """How many pages a list has, asked with its smallest page."""
    page = client.get(INSTANCES, {**params, "page": 0, "size": 1})
    total = page.get("totalElements") if isinstance(page, dict) else None
    return math.ceil(total / PAGE_SIZE) if isinstance(total, int) else 1


def read_by_id(client: Client, instance_id: int) -> dict[str, t.Any] | None:
    """One instance, None when there is none."""
    try:
        found = client.get(f"{INSTANCES}/{instance_id}")
    except NotFoundError:
        return None
    return found if isinstance(found, dict) and found.get("id") is not None else None


def read_by_name(client: Client, name: str) -> dict[str, t.Any] | None:
    """The one instance of that name, None when there is none. Two of one name, or another case, are an error."""
    listed = fetch_all(client, INSTANCES, {"names": [name]}, page_size=PAGE_SIZE)
    found = [instance for instance in listed if instance.get("name") == name]
    if len(found) > 1:
        ids = ", ".join(str(instance.get("id")) for instance in found)
        raise InputError(
            f"{len(found)} instances are named '{name}' (ids {ids}): say which one with id."
        )
    if found:
        return found[0]
    for instance in listed:
        if str(instance.get("name")).lower() == name.lower():
            raise InputError(
                f"No instance is named '{name}', but instance {instance.get('id')} is named '{instance.get('name')}': "
                "names are compared exactly."
            )
    return None


def resolve(
    client: Client, selection: Selection, max_targets: int | None = None
) -> list[dict[str, t.Any]]:
    """The targets of a module that changes something: every name and id found once, at least one, not too many."""
    if selection.everything:
        raise InputError(
            "No instances are selected: give names, ids or filters. This module never takes all instances."
        )
    found = fetch(client, selection)
    problems = _missing_and_ambiguous(selection, found)
    if problems:
        raise InputError(
            f"The selection can't be used: {'; '.join(problems)}. Nothing was changed."
        )
    if not found:
        raise InputError("The selection matches no instance. Nothing was changed.")
    if max_targets is not None and len(found) > max_targets:
        raise InputError(
            f"The selection matches {len(found)} instances, more than max_targets ({max_targets}). Nothing was changed."
        )
    return found


def _missing_and_ambiguous(
    selection: Selection, found: t.Sequence[t.Mapping[str, t.Any]]
) -> list[str]:
    problems = []
    narrowed = " with these filters" if selection.params else ""
    if selection.names is not None:
        by_name: dict[t.Any, list[str]] = {}
        for instance in found:
            by_name.setdefault(instance.get("name"), []).append(str(instance.get("id")))
        missing = [name for name in selection.names if name not in by_name]
        if missing:
            problems.append(f"not found{narrowed}: {', '.join(missing)}")
        problems += [
            f"'{name}' is the name of several (ids {', '.join(ids)}), select by ids"
            for name, ids in by_name.items()
            if len(ids) > 1
        ]
    if selection.ids is not None:
        ids_found = {instance.get("id") for instance in found}
        missing_ids = [str(i) for i in selection.ids if i not in ids_found]
        if missing_ids:
            problems.append(f"no instance{narrowed} with id {', '.join(missing_ids)}")
    return problems
