# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor resources, private to the collection. What a task asks of snapshots, checked before the first request."""

from __future__ import annotations

import datetime
import re
import typing as t
from dataclasses import dataclass

from ...api.checks import check_change_reference, check_goes_with
from ...api.errors import InputError

DESCRIPTION_LENGTH = 100
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def parse_age(text: str) -> datetime.timedelta:
    """`90m`, `12h`, `2d`."""
    found = re.fullmatch(r"([0-9]{1,6})\s*([smhd])", text.strip(), re.I)
    if not found or int(found[1]) == 0:
        raise InputError(
            f"max_age is a number with a unit s, m, h or d, such as 12h or 2d, not '{text}'."
        )
    return datetime.timedelta(seconds=int(found[1]) * _UNITS[found[2].lower()])


@dataclass(frozen=True)
class DesiredSnapshot:
    """What a task asks for, checked."""

    state: str = "present"
    description: str | None = None
    change_reference: str | None = None
    max_age: datetime.timedelta | None = None
    replace: bool = False
    snapshot_id: str | None = None
    force: bool = False

    @classmethod
    def from_options(cls, options: t.Mapping[str, t.Any]) -> DesiredSnapshot:
        """Raises InputError before the first request."""
        description = options.get("description")
        if description is not None and len(description) > DESCRIPTION_LENGTH:
            raise InputError(
                f"description has at most {DESCRIPTION_LENGTH} characters; this one has {len(description)}."
            )
        state = options.get("state") or "present"
        new = dict.fromkeys(("max_age", "replace", "description"), "present")
        check_goes_with(options, state, **new, force="recovered")
        snapshot_id = options.get("snapshot_id")
        if snapshot_id is not None and not snapshot_id.strip():  # to find none such isn't "absent"
            raise InputError("snapshot_id must not be empty: leave it out for any snapshot.")
        max_age = options.get("max_age")
        return cls(
            state=state,
            description=description or None,
            change_reference=check_change_reference(options.get("change_reference")),
            max_age=None if max_age is None else parse_age(max_age),
            replace=bool(options.get("replace")),
            snapshot_id=snapshot_id,
            force=bool(options.get("force")),
        )
