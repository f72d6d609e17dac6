# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor resources, private to the collection. What a task asks of patch parties, checked before the first request."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ...api.checks import check_change_reference
from ...api.errors import InputError

GROUPS = ("1", "2", "3")  # patched one after the other on the day
NO_GROUP = "none"  # no preference


@dataclass(frozen=True)
class DesiredPatchParty:
    """What a task asks for, checked."""

    excluded: bool | None = None
    exclusion_reason: str | None = None
    patch_group: str | None = None

    @classmethod
    def from_options(cls, options: t.Mapping[str, t.Any]) -> DesiredPatchParty:
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
