# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor resources, private to the collection.
Filters of the instance list (docs/api.md#filters): how they are given, sent, and compared again with what comes back.
"""

from __future__ import annotations

import difflib
import functools
import re
import typing as t
from dataclasses import dataclass

from ...api import checks
from ...api.answers import Item, dig
from ...api.client import query_string
from ...api.errors import InputError

LONGEST_FILTERS = 6000  # characters; names need some, too (queries.py)
# How a filter's values are read.
KINDS: dict[str, t.Callable[[object, str], object]] = {
    "strings": checks.texts,
    "tags": checks.tags,
    "integers": checks.identifiers,
    "integer": checks.identifier,
    "boolean": checks.boolean,
}


@dataclass(frozen=True)
class Filter:
    """A filter of the API.

    Nobody knows which field a filter looks at (docs/api.md#filters). One of `shown_as` that shows something else is a
    mismatch, unless another of them or of `also` shows what was asked for. What is null or missing says nothing.
    """

    parameter: str
    kind: str
    shown_as: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    certain: bool = False  # the field can mean nothing else
    negated: bool = False  # the field says the contrary


FILTERS: dict[str, Filter] = {
    "types": Filter(
        "types", "strings", ("type", "osType"), ("technology", "category", "internalType")
    ),
    "families": Filter(
        "families", "strings", ("family",), ("osType", "technology", "category", "osName")
    ),
    "environments": Filter("environments", "strings", ("environment",), certain=True),
    "statuses": Filter("statuses", "strings", ("status",), certain=True),
    "tags": Filter("tags", "tags"),  # not shown
    "services": Filter("services", "integers", ("serviceId",), certain=True),
    "availability_zones": Filter(
        "az",
        "strings",
        ("availabilityZone.id",),
        (
            "labelAvailabilityZone",
            "availabilityZone.availabilityZoneGroup",
            "availabilityZone.datacenterId",
            "availabilityZone.location",
        ),
    ),
    "ips": Filter("ip", "strings", ("ipAddress", "network.ipAddress")),
    "vlans": Filter(
        "vlan",
        "strings",
        ("network.technicalId",),
        (
            "network.id",
            "network.shortDescription",
            "network.networkShortDescription",
            "network.description",
            "network.cidr",
        ),
    ),
    "cloud_id": Filter("clouds", "integer", ("cloudId",), certain=True),
    "monitored": Filter("monitoringStatus", "boolean", ("monitoringEnabled",)),
    "on_call": Filter("monitoringOnCallStatus", "boolean", ("monitoringOnCallEnabled",)),
    "backed_up": Filter("backupStatus", "boolean", ("backupStatus",)),
    "replicated": Filter("recoveryStatus", "boolean", ("replicationStatus",)),
    "in_patch_party": Filter(
        "includedInPatchParty", "boolean", ("patchParty.excluded",), negated=True
    ),
}


def filter_params(
    filters: t.Mapping[str, object] | None, option: str = "filters"
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
        read = KINDS[FILTERS[name].kind](value, f"{option}.{name}")
        if read == []:  # to ignore it would select more than was meant
            raise InputError(f"{option}.{name} is empty: leave it out to select regardless of it.")
        params[FILTERS[name].parameter] = read
        length = len(query_string({**params, "tags": None}))  # one query for each tag
        if length > LONGEST_FILTERS:
            raise InputError(
                f"{option}.{name} makes a query of {length} characters, and an address has room for {LONGEST_FILTERS}: give "
                "fewer values, in several tasks."
            )
    return params


# The values that are known (docs/api.md#filters); the API may know more.
KNOWN = {
    "environments": ("PRODUCTION", "PREPRODUCTION", "TEST", "DEVELOPMENT"),
    "statuses": ("ACTIVE", "INACTIVE"),
}


def likely_misspelt(params: t.Mapping[str, t.Any]) -> list[str]:
    """A warning for each value that isn't known, but nearly."""
    warnings = []
    for name, known in KNOWN.items():
        for value in params.get(FILTERS[name].parameter) or ():
            word = value.upper()
            near = [k for k in known if len(word) > 2 and k.startswith(word)]
            near = near or difflib.get_close_matches(word, known, n=1, cutoff=0.75)
            if near and word not in known:
                warnings.append(
                    f"filters.{name}: '{value}' isn't a value that is known: {near[0]} may be meant."
                )
    return warnings


def mismatches(name: str, wanted: object, instances: t.Iterable[Item]) -> list[Item]:
    """Those of `instances` (as the API shows them) that show something else than `wanted`, the filter's value as sent."""
    described = FILTERS[name]
    asked = frozenset(map(_word, wanted if isinstance(wanted, list) else [wanted]))
    contrary = {"true": "false", "false": "true"} if described.negated else {}

    def word(instance: Item, path: str) -> str | None:
        value = dig(instance, path)
        if value is None or isinstance(value, (dict, list)):
            return None
        said = _word(value)
        if described.kind == "boolean" and said not in ("true", "false"):
            return None
        return contrary.get(said, said) or None

    def differs(instance: Item) -> bool:
        said = [found for path in described.shown_as if (found := word(instance, path)) is not None]
        return bool(said) and not (
            any(found in asked for found in said)
            or any(word(instance, path) in asked for path in described.also)
        )

    return [instance for instance in instances if differs(instance)]


def shown(name: str, instance: Item) -> str:
    """What an instance shows where the filter looks."""
    paths = {path: dig(instance, path) for path in FILTERS[name].shown_as}
    return ", ".join(f"{path} {value}" for path, value in paths.items() if value is not None)


@functools.lru_cache(maxsize=4096, typed=True)
def _word(value: object) -> str:
    """To compare regardless of case, and numbers regardless of how they are written."""
    return re.sub(r"^(\d+)\.0+$", r"\1", str(value).strip().casefold())
