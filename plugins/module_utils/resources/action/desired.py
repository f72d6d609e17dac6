# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor resources, private to the collection. Which actions a task asks for, checked before the first request."""

from __future__ import annotations

import re
import typing as t

from ...api import actions
from ...api.answers import read_id
from ...api.errors import InputError


def read_ids(values: t.Sequence[object] | None) -> list[int | str] | None:
    """Ids given as numbers, texts, or actions of an earlier result. Raises InputError."""
    if values is None:
        return None
    ids: list[int | str] = []
    for value in values:
        shown = isinstance(value, dict)  # by the API, which knows best what an id is
        identifier = value.get("id") if isinstance(value, dict) else value
        if (
            isinstance(identifier, bool)
            or not isinstance(identifier, (int, str))
            or not re.fullmatch(r".*\S.*" if shown else r"\s*[0-9]{1,18}\s*", str(identifier))
        ):
            raise InputError(
                f"action_ids takes ids such as 1333, or actions of an earlier result, not {value!r}."
            )
        ids.append(read_id(identifier.strip() if isinstance(identifier, str) else identifier))
    return ids


def check_statuses(values: t.Sequence[str] | None) -> tuple[str, ...] | None:
    for value in values or ():
        if value not in actions.STATUSES:
            raise InputError(f"statuses takes {', '.join(actions.STATUSES)}, not '{value}'.")
    return tuple(values) if values else None
