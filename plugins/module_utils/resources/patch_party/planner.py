# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Patch parties: who is patched when, in which group, who is excluded (contract, sections 5 and 6)."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ...api.actions import Deadline, Waiting
from ...api.answers import number, object_in
from ...api.case import to_snake
from ...api.client import Client
from ...api.errors import InputError
from ...api.limits import check_change_reference
from ...planning.bulk import (
    NAMED,
    PartialFailureError,
    Row,
    actions_of,
    apply_all,
    check_concurrency,
    diffs_of,
    operations_of,
    warnings_of,
)
from ...planning.plan import Plan, Resource, Result, Step
from ..selection.selection import INSTANCES, Selection, fetch, read_by_id, resolve

GROUPS = ("1", "2", "3")  # patched one after the other on the day
NO_GROUP = "none"  # no preference
STAYS_EXCLUDED = "stays excluded from patch parties"


@dataclass(frozen=True)
class PatchWish:
    """What a task asks for, checked."""

    excluded: bool | None = None
    exclusion_reason: str | None = None
    patch_group: str | None = None

    @classmethod
    def from_options(cls, options: t.Mapping[str, t.Any]) -> PatchWish:
        """Raises InputError before the first request."""
        excluded, group = options.get("excluded"), options.get("patch_group")
        reason = (options.get("exclusion_reason") or "").strip() or None
        group = None if group is None else str(group)
        if excluded is None and group is None:
            raise InputError("Nothing is asked for: give excluded, or patch_group.")
        if group not in (None, NO_GROUP, *GROUPS):
            raise InputError(f"patch_group is 1, 2, 3 or none, not '{group}'.")
        if excluded and not reason:
            raise InputError(
                "excluded: true needs exclusion_reason: ITCare refuses an exclusion without one."
            )
        if excluded and group is not None:
            raise InputError(
                "patch_group and excluded: true exclude each other: an excluded instance isn't patched."
            )
        if reason and not excluded:
            raise InputError("exclusion_reason goes with excluded: true only.")
        check_change_reference(options.get("change_reference"))
        return cls(excluded, reason, group)


def read_party(instance: t.Mapping[str, t.Any]) -> Resource:
    """Exclusion and group as the API shows them: the group is a text there, or nothing."""
    party = object_in(instance, "patch_party")
    group = party.get("patch_group")
    group = group if number(group) is None else number(group)
    excluded = bool(party.get("excluded"))
    return {
        "excluded": excluded,
        "exclusion_reason": party.get("exclusion_reason") if excluded else None,
        "patch_group": NO_GROUP if group in (None, "") else str(group),
    }


def plan_patch_party(instance: Resource | None, wish: PatchWish) -> Plan:
    """What leads from the instance (snake case) to the wish. Raises InputError when it is gone.

    A group alone never ends an exclusion: somebody gave a reason for it. `excluded: false` says so.
    """
    if instance is None:
        raise InputError("The instance doesn't exist any more.")
    name = str(instance.get("name") or instance.get("id"))
    plan = Plan("patch party of", name, instance)
    now = read_party(instance)
    if wish.excluded:
        wished = {"excluded": True, "exclusion_reason": wish.exclusion_reason}
        party: dict[str, t.Any] = {"excluded": True, "exclusionReason": wish.exclusion_reason}
    else:
        if now["excluded"] and wish.excluded is None:
            plan.warnings.append(
                f"{name} {STAYS_EXCLUDED} ({now['exclusion_reason'] or 'no reason shown'}), so its group is "
                "left alone: say excluded: false to include it again."
            )
            return plan
        # Without a wish for a group the present one is sent along: leaving it out would clear it.
        group = wish.patch_group or now["patch_group"]
        wished = {"excluded": False, "exclusion_reason": None, "patch_group": group}
        party = {"excluded": False}
        if group in GROUPS:
            party["patchGroup"] = int(group)
    after = {key: value for key, value in wished.items() if now[key] != value}
    if after:
        plan.steps.append(
            Step(
                label="update_patch_party",
                method="PATCH",
                path=f"{INSTANCES}/{{id}}",
                body={"operation": "update_patch_party", "options": {"patchParty": party}},
                before={key: now[key] for key in after},
                after=after,
                process="vm_update_patch_party",
                told_by_process=False,
                reached=lambda current: current is not None
                and all(read_party(current)[key] == value for key, value in after.items()),
            )
        )
    return plan


def ensure(client: Client, options: t.Mapping[str, t.Any]) -> Result:
    """The work of the module itcare_patch_party."""
    wish = PatchWish.from_options(options)
    deadline = Deadline(client, Waiting.from_options(options))
    concurrency = check_concurrency(options.get("concurrency", 1))
    selection = Selection.from_options(options)
    instances: list[Resource] = to_snake(resolve(client, selection, options.get("max_targets")))
    rows = apply_all(
        client,
        instances,
        lambda instance: plan_patch_party(instance, wish),
        lambda instance: to_snake(read_by_id(client, instance["id"])),
        deadline,
        concurrency=concurrency,
        read_back=False,
    )
    values = {
        "instances": [row.report() for row in rows],
        "operations": operations_of(rows),
        "itcare_actions": actions_of(rows),
    }
    warnings = _warnings(rows)
    if any(row.error for row in rows):
        raise PartialFailureError(rows, warnings=warnings, **values)
    return Result(any(row.changed for row in rows), values, diffs_of(rows), warnings)


def _warnings(rows: list[Row]) -> list[str]:
    """One for all instances that stay excluded."""
    texts = warnings_of(rows)
    kept = [row for row in rows if STAYS_EXCLUDED in " ".join(row.outcome.warnings)]
    if len(kept) < 2:
        return texts
    named = ", ".join(row.plan.name for row in kept[:NAMED])
    more = f" and {len(kept) - NAMED} more" if len(kept) > NAMED else ""
    return [
        *(text for text in texts if STAYS_EXCLUDED not in text),
        f"{len(kept)} instances stay excluded from patch parties, so their group is left alone: {named}{more}. "
        "Say excluded: false to include them again.",
    ]


def gather(client: Client, options: t.Mapping[str, t.Any]) -> Result:
    """The work of the module itcare_patch_party_info."""
    instances: list[Resource] = to_snake(fetch(client, Selection.from_options(options)))
    return Result(
        False, {"patch_parties": [_report(i) for i in instances], "summary": summarise(instances)}
    )


def _report(instance: Resource) -> dict[str, t.Any]:
    return {
        "id": instance.get("id"),
        "name": instance.get("name"),
        "environment": instance.get("environment"),
        "patch_party": {**object_in(instance, "patch_party"), **read_party(instance)},
    }


def summarise(instances: t.Iterable[Resource]) -> dict[str, dict[str, t.Any]]:
    """By environment: how many instances each group has, how many are excluded, and when the next parties are."""
    summary: dict[str, dict[str, t.Any]] = {}
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
