# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulator's own time, which tests can move forward."""

from __future__ import annotations

import time
from datetime import datetime, timezone

DAY = 86400.0  # seconds


class Clock:
    """Starts at a given moment and runs on the monotonic clock."""

    def __init__(self, start: float | None = None) -> None:
        self.start = time.time() if start is None else start
        self._origin = time.monotonic()
        self._offset = 0.0

    def now(self) -> float:
        return self.start + time.monotonic() - self._origin + self._offset

    def advance(self, seconds: float) -> None:
        self._offset += seconds


def stamp(moment: float) -> str:
    """A moment as the API writes it: ISO 8601 with milliseconds."""
    date = datetime.fromtimestamp(moment, timezone.utc)
    return f"{date:%Y-%m-%dT%H:%M:%S}.{date.microsecond // 1000:03d}Z"


def moment(text: str) -> float:
    """The moment that an ISO 8601 date names, with or without a fraction."""
    for form in ("%Y-%m-%dT%H:%M:%S.%f%z", "%Y-%m-%dT%H:%M:%S%z"):
        try:
            return datetime.strptime(text, form).timestamp()
        except ValueError:
            continue
    raise ValueError(f"not a date of the form 2016-06-01T12:27:19.000+0200: {text!r}")
