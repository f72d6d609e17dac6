# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor resources, private to the collection.
A selection of instances, said alike everywhere: `names`, `exclude_names`, `ids` and `filters` (docs/api.md#filters).

Whether the API's `names` match loosely, what its filters look at and how several tags combine isn't documented, so what
comes back is compared again (queries.py, filters.py).
"""

from __future__ import annotations

import difflib
import functools
import typing as t
from dataclasses import dataclass, field

from ...api.answers import Item
from ...api.checks import CONTROL, as_list, check_unicode, identifiers
from ...api.client import Client, query_string
from ...api.errors import InputError
from ...api.notices import shortened
from ...api.pages import PAGE_SIZE, WORKERS
from .filters import filter_params, likely_misspelt
from .queries import (
    INSTANCES,
    LONGEST_QUERY,
    Params,
    Queries,
    in_another_case,
    listed_instances,
    other_spellings,
    union,
    with_ids,
)

LONGEST_NAME = 255  # characters of a host name (RFC 1123)


def check_name(name: object, option: str = "name") -> str:
    """An instance's name as the API can be asked for it. Raises InputError."""
    if not isinstance(name, str):
        raise InputError(f"{option} is a host name such as PEB4MYAPP01, not {name!r}.")
    if not name.strip():
        raise InputError(f"{option} must not be empty.")
    if len(name) > LONGEST_NAME:
        raise InputError(
            f"{option} is a host name of at most {LONGEST_NAME} characters, not one of {len(name)}: '{name[:30]}…'."
        )
    if name != name.strip() or "," in name or name.startswith("!") or CONTROL.search(name):
        raise InputError(
            f"{option} is a host name such as PEB4MYAPP01, not {name!r}: no comma, no leading '!', no blanks around it, "
            "no control characters."
        )
    return check_unicode(name, option)


@dataclass(frozen=True)
class Selection:
    """Checked `names`, `exclude_names`, `ids` and `filters`; each given part narrows the selection."""

    names: tuple[str, ...] | None = None
    ids: tuple[int, ...] | None = None
    params: Params = field(default_factory=dict)
    exclude_names: tuple[str, ...] = ()

    @classmethod
    def from_options(cls, options: t.Mapping[str, t.Any]) -> Selection:
        names, ids = options.get("names"), options.get("ids")
        excluded = options.get("exclude_names")
        excluded = () if excluded is None else _names(excluded, "exclude_names")
        left_out = frozenset(excluded)
        return cls(
            names=None if names is None else tuple(n for n in _names(names) if n not in left_out),
            ids=None if ids is None else tuple(dict.fromkeys(identifiers(ids, "ids"))),
            params=filter_params(options.get("filters")),
            exclude_names=excluded,
        )

    @property
    def everything(self) -> bool:
        """Nothing narrows it."""
        return self.chooses_nothing and not self.exclude_names

    @property
    def chooses_nothing(self) -> bool:
        """It says at most which instances it doesn't mean."""
        return self.names is None and self.ids is None and not self.params

    @property
    def alone(self) -> dict[str, t.Any]:
        """The one name or id that is selected by itself, by what actions can be asked for; nothing for more."""
        if self.ids is not None and len(self.ids) == 1:
            return {"resource_id": self.ids[0]}
        if self.ids is None and self.names is not None and len(self.names) == 1:
            return {"name": self.names[0]}
        return {}

    @property
    def is_met_by_all(self) -> bool:
        """Nothing is compared exactly."""
        return self.names is None and self.ids is None and not self.exclude_names

    def matches(self, instance: t.Mapping[str, object]) -> bool:
        """What is compared exactly; the filters are compared by Queries."""
        names, ids, excluded = self._wanted
        return (
            (self.names is None or instance.get("name") in names)
            and (self.ids is None or instance.get("id") in ids)
            and instance.get("name") not in excluded
        )

    @functools.cached_property
    def _wanted(self) -> tuple[frozenset[str], frozenset[int], frozenset[str]]:
        """Names and ids to look thousands of instances up in."""
        return frozenset(self.names or ()), frozenset(self.ids or ()), frozenset(self.exclude_names)


def _names(names: object, option: str = "names") -> tuple[str, ...]:
    return tuple(dict.fromkeys(check_name(name, option) for name in as_list(names)))


def fetch(
    client: Client, selection: Selection, *, page_size: int = PAGE_SIZE, workers: int = WORKERS
) -> list[Item]:
    """The instances of a selection as the API shows them, with the fewest requests: all, or an error.

    Missing ones are just not there, but a name that an instance has in another case is an error.
    """
    found, respelt = _find(client, selection, page_size=page_size, workers=workers)
    if respelt:
        raise InputError(f"Names are compared exactly: {shortened(respelt.values(), '; ')}.")
    return found


def _find(client: Client, selection: Selection, **how: t.Any) -> tuple[list[Item], dict[str, str]]:
    """The instances, and by name what is wrong with its case."""
    if selection.names == () or selection.ids == ():
        return [], {}
    for text in likely_misspelt(selection.params):
        client.notices.warn(text)
    if not selection.is_met_by_all:
        how["chosen"] = selection.matches
    queries = Queries(client, **how)
    tags = selection.params.get("tags") or ()

    def ask(params: Params) -> list[Item]:
        if selection.names is not None:
            return queries.by_names(selection.names, params)
        if selection.ids is not None and not params:
            return queries.by_ids(selection.ids)
        if selection.exclude_names and selection.ids is None and len(tags) < 2:
            return _without(queries, selection.exclude_names, params)
        return queries.listed(params)

    if len(tags) > 1:
        found = queries.by_tags(tags, lambda some: ask({**selection.params, "tags": some}))
    else:
        found = ask(selection.params)
    if not selection.is_met_by_all:
        found = [instance for instance in found if selection.matches(instance)]
    queries.warn_of_doubts(found)
    return found, _respelt(queries, selection, found)


def _without(queries: Queries, excluded: t.Sequence[str], params: Params) -> list[Item]:
    """A list without some names. A service that takes them loosely leaves out more than was meant, so they are asked for
    as well: what comes with them without being meant belongs to the list."""
    query = {**params, "names": [f"!{name}" for name in excluded]}
    if len(query_string(query)) > LONGEST_QUERY:
        return queries.listed(params)
    return union([queries.listed(query), queries.listed({**params, "names": list(excluded)})])


def _respelt(queries: Queries, selection: Selection, found: t.Sequence[Item]) -> dict[str, str]:
    """Names that are there in another case only."""
    by_name = {str(instance.get("name")): instance for instance in found}
    missing = [name for name in selection.names or () if name not in by_name]
    respelt = other_spellings(missing, queries) if missing else {}
    problems = {name: _named_otherwise(name, instance) for name, instance in respelt.items()}
    # The ones that are there were left out of the list.
    absent = [name for name in selection.exclude_names if name not in queries.left_out]
    for name, instance in in_another_case(absent, by_name).items():
        problems[name] = (
            f"exclude_names has a name in another case: {_named_otherwise(name, instance)}"
        )
    return problems


def _named_otherwise(name: str, instance: Item) -> str:
    return f"no instance is named '{name}', but instance {instance.get('id')} is named '{instance.get('name')}'"


def ids_with_tag(
    client: Client, selection: Selection, tag: str, *, page_size: int, workers: int
) -> frozenset[object]:
    """Which of a selection have a tag: the API shows no tags, but can filter by one. Others may be among them."""
    if selection.names == () or selection.ids == ():
        return frozenset()
    queries = Queries(client, page_size=page_size, workers=workers, compares=False)
    params = {**selection.params, "tags": [tag]}
    if selection.names is None:
        having = queries.listed(params)
    else:
        having = queries.by_names(selection.names, params)
    return frozenset(instance.get("id") for instance in having)


def read_by_name(client: Client, name: str) -> Item | None:
    """The one instance of that name, None when there is none. Two of one name are an error."""
    listed = listed_instances(client, {"names": [name]})
    found = with_ids([instance for instance in listed if instance.get("name") == name])
    if len(found) > 1:
        ids = ", ".join(str(instance.get("id")) for instance in found)
        raise InputError(
            f"{len(found)} instances are named '{name}' (ids {ids}): say which one with id."
        )
    return found[0] if found else None


def refuse_other_spelling(client: Client, name: str) -> None:
    """Raises InputError when there is an instance of that name in another case, which is meant then. For a name that isn't
    found, before anything is changed; one more query."""
    for instance in other_spellings([name], Queries(client)).values():
        text = _named_otherwise(name, instance)
        raise InputError(f"{text[0].upper()}{text[1:]}: names are compared exactly.")


def near_names(client: Client, name: str) -> list[str]:
    """Names that `name` may be a misspelling of, of those on the first page of all instances."""
    page = client.get(INSTANCES, {"page": 0, "size": PAGE_SIZE})
    content = page.get("content") if isinstance(page, dict) else page
    listed = content if isinstance(content, list) else []
    known = [str(item["name"]) for item in listed if isinstance(item, dict) and item.get("name")]
    near = difflib.get_close_matches(name.upper(), [k.upper() for k in known], n=3, cutoff=0.8)
    return [k for k in known if k.upper() in near]


def refuse_all(selection: Selection) -> None:
    """Raises InputError for a selection that chooses nothing, before the first request of a module that changes something."""
    if selection.chooses_nothing:
        raise InputError(
            "No instances are selected: give names, ids or filters. This module never takes all instances"
            f"{', nor all but those in exclude_names' if selection.exclude_names else ''}."
        )


def resolve(client: Client, selection: Selection, max_targets: int | None = None) -> list[Item]:
    """The targets of a module that changes something: every name and id found once, at least one, not too many."""
    refuse_all(selection)
    found, respelt = _find(client, selection)
    with_ids(found)
    problems = _missing_and_ambiguous(selection, found, respelt, unmade(client))
    problems += [shortened(respelt.values(), "; ")] if respelt else []
    if problems:
        raise InputError(
            f"The selection can't be used: {'; '.join(problems)}. Nothing was changed."
        )
    if not found:
        raise InputError(f"The selection matches no instance{unmade(client)}. Nothing was changed.")
    if max_targets is not None and len(found) > max_targets:
        raise InputError(
            f"The selection matches {len(found)} instances, more than max_targets ({max_targets}). Nothing was changed."
        )
    return found


def unmade(client: Client) -> str:
    """What a message about something that isn't there adds in check mode."""
    if not client.read_only:
        return ""
    return " (in check mode, a task before this one may not have made it)"


def _missing_and_ambiguous(
    selection: Selection, found: t.Sequence[Item], respelt: t.Container[str], in_check_mode: str
) -> list[str]:
    problems = []
    narrowed = " with these filters" if selection.params else ""
    if selection.names is not None:
        by_name: dict[object, list[str]] = {}
        for instance in found:
            by_name.setdefault(instance.get("name"), []).append(str(instance.get("id")))
        missing = [n for n in selection.names if n not in by_name and n not in respelt]
        if missing:
            problems.append(f"not found{narrowed}: {shortened(missing)}{in_check_mode}")
        several = [
            f"'{name}' is the name of several (ids {', '.join(ids)}), select by ids"
            for name, ids in by_name.items()
            if len(ids) > 1
        ]
        problems += [shortened(several, "; ")] if several else []
    if selection.ids is not None:
        ids_found = {instance.get("id") for instance in found}
        missing_ids = [str(i) for i in selection.ids if i not in ids_found]
        if missing_ids:
            problems.append(
                f"no instance{narrowed} with id {shortened(missing_ids)}{in_check_mode}"
            )
    return problems
