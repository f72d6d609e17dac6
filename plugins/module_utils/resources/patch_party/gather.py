# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor resources, private to the collection. The work of the module itcare_patch_party_info."""

from __future__ import annotations

import typing as t

from ...api.answers import object_in
from ...api.case import to_snake
from ...api.client import Client
from ...planning.plan import Resource
from ...result import Result
from ..selection.selection import Selection, fetch
from .desired import GROUPS, NO_GROUP
from .planner import read_party


def gather(client: Client, options: t.Mapping[str, t.Any]) -> Result:
    """The work of the module itcare_patch_party_info."""
    instances: list[Resource] = to_snake(fetch(client, Selection.from_options(options)))
    return Result(
        False, {"patch_parties": [_report(i) for i in instances], "summary": summarise(instances)}
    )


def _report(instance: Resource) -> Resource:
    return {
        "id": instance.get("id"),
        "name": instance.get("name"),
        "environment": instance.get("environment"),
        "patch_party": {**object_in(instance, "patch_party"), **read_party(instance)},
    }


def summarise(instances: t.Iterable[Resource]) -> dict[str, Resource]:
    """By environment: how many instances each group has, how many are excluded, and when the next parties are."""
    summary: dict[str, Resource] = {}
    for instance in instances:
        environment = str(instance.get("environment") or "none")
        line = summary.setdefault(
            environment,
            {
                "instances": 0,
                "excluded": 0,
                "patch_groups": dict.fromkeys((*GROUPS, NO_GROUP), 0),
                "patch_dates": [],
            },
        )
        party = read_party(instance)
        line["instances"] += 1
        if party["excluded"]:
            line["excluded"] += 1
            continue
        groups = line["patch_groups"]
        groups[party["patch_group"]] = groups.get(party["patch_group"], 0) + 1
        date = object_in(instance, "patch_party").get("patch_date")
        if isinstance(date, str) and date and date not in line["patch_dates"]:
            line["patch_dates"].append(date)
    for line in summary.values():
        line["patch_dates"].sort()
    return summary
