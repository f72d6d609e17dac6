# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor resources, private to the collection. The work of the module itcare_patch_party_info."""

from __future__ import annotations

import typing as t
from collections import Counter

from ...api.answers import object_in
from ...api.case import to_snake
from ...api.client import Client
from ...api.shapes import Instance
from ...planning.plan import Resource
from ...result import Result
from ..selection.selection import Selection, fetch
from .desired import GROUPS, NO_GROUP
from .planner import read_party


def gather(client: Client, options: t.Mapping[str, t.Any]) -> Result:
    """The work of the module itcare_patch_party_info."""
    instances: list[Instance] = to_snake(fetch(client, Selection.from_options(options)))
    return Result(
        False, {"patch_parties": [_report(i) for i in instances], "summary": summarise(instances)}
    )


def _report(instance: Instance) -> Resource:
    return {
        "id": instance.get("id"),
        "name": instance.get("name"),
        "environment": instance.get("environment"),
        "patch_party": {**object_in(instance, "patch_party"), **read_party(instance)},
    }


def summarise(instances: t.Iterable[Instance]) -> dict[str, Resource]:
    """By environment: how many instances each group has, how many are excluded, and when the next parties are."""
    environments: dict[str, list[Instance]] = {}
    for instance in instances:
        environments.setdefault(str(instance.get("environment") or "none"), []).append(instance)
    return {name: _summary(some) for name, some in environments.items()}


def _summary(instances: list[Instance]) -> Resource:
    patched = [instance for instance in instances if not read_party(instance)["excluded"]]
    groups = Counter(read_party(instance)["patch_group"] for instance in patched)
    dates = [object_in(instance, "patch_party").get("patch_date") for instance in patched]
    return {
        "instances": len(instances),
        "excluded": len(instances) - len(patched),
        "patch_groups": {**dict.fromkeys((*GROUPS, NO_GROUP), 0), **groups},
        "patch_dates": sorted({date for date in dates if isinstance(date, str) and date}),
    }
