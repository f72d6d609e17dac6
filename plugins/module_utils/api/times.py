# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor api, private to the collection. Moments in answers: the API's dates and those of HTTP."""

from __future__ import annotations

import datetime
import email.utils
import re

_DATE = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:[.,](\d+))?(?:[Zz]|([+-]\d\d)(?::?(\d\d))?)",
    re.ASCII,
)


def parse_time(value: object) -> datetime.datetime | None:
    """A date of the API: `2016-06-01T12:27:19.000+0200`, or ending in `Z` (docs/api.md#dates).

    Other spellings are read where they can mean one moment only: not without a time zone. None for all else.
    """
    epoch = str(value) if isinstance(value, (int, str)) and not isinstance(value, bool) else ""
    if re.fullmatch(r"\d{10}|\d{13}", epoch, re.ASCII):  # seconds, or milliseconds
        seconds = int(epoch) / (1000 if len(epoch) == 13 else 1)
        return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
    found = _DATE.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        return None
    day, clock, fraction, hours, minutes = found.groups()
    text = f"{day}T{clock}.{(fraction or '0')[:6]:0<6}{hours or '+00'}:{minutes or '00'}"
    try:
        return datetime.datetime.fromisoformat(text)
    except ValueError:
        return None


def http_date(text: str | None) -> datetime.datetime | None:
    """A date header's moment, always with a time zone; None when it can't be read."""
    try:
        when = email.utils.parsedate_to_datetime(text or "")
    except (TypeError, ValueError, OverflowError):
        return None
    return when if when.tzinfo else when.replace(tzinfo=datetime.timezone.utc)
