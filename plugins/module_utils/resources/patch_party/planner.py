# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor resources, private to the collection. Patch parties: who is patched when, in which group, who is excluded (docs/api.md#patch-parties)."""

from __future__ import annotations

import typing as t

from ...api.answers import number, object_in
from ...api.errors import InputError
from ...api.shapes import Instance, PatchParty
from ...planning.plan import Plan
from ..instance.planner import operation
from .desired import GROUPS, NO_GROUP, DesiredPatchParty

KIND = "patch party of"
STAYS_EXCLUDED = "stays excluded from patch parties"


def read_party(instance: t.Mapping[str, object]) -> PatchParty:
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


def plan_patch_party(instance: Instance | None, desired: DesiredPatchParty) -> Plan:
    """What leads from the instance (snake case) to the desired state. Raises InputError when it is gone.

    A group alone never ends an exclusion: somebody gave a reason for it. `excluded: false` says so.
    """
    if instance is None:
        raise InputError("The instance doesn't exist any more.")
    name = str(instance.get("name") or instance.get("id"))
    now = read_party(instance)
    if desired.excluded:
        wanted: PatchParty = {"excluded": True, "exclusion_reason": desired.exclusion_reason}
        party: dict[str, t.Any] = {"excluded": True, "exclusionReason": desired.exclusion_reason}
    else:
        if now["excluded"] and desired.excluded is None:
            warning = (
                f"{name} {STAYS_EXCLUDED} ({now['exclusion_reason'] or 'no reason shown'}), so its group is "
                "left alone: say excluded: false to include it again."
            )
            return Plan(KIND, name, instance, warnings=(warning,))
        # Without a group that is asked for the present one is sent along: leaving it out would clear it.
        group = desired.patch_group or now["patch_group"]
        wanted = {"excluded": False, "exclusion_reason": None, "patch_group": group}
        party = {"excluded": False}
        if group in GROUPS:
            party["patchGroup"] = int(group)
    after = {key: value for key, value in wanted.items() if now.get(key) != value}
    update = operation(
        "update_patch_party",
        {"patchParty": party},
        before={key: now.get(key) for key in after},
        after=after,
        told_by_process=False,
        reached=lambda current: current is not None
        and all(read_party(current).get(key) == value for key, value in after.items()),
    )
    return Plan(KIND, name, instance, (update,) if after else ())
