# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor api, private to the collection. How long to wait before a request is sent again: what the server asks for, else longer each time."""

from __future__ import annotations

import datetime
import random
import re

from .requests_library import requests
from .times import http_date

FIRST_BACKOFF = 0.5  # seconds, doubled at each retry
LONGEST_BACKOFF = 30.0
LONGEST_RETRY_AFTER = 120.0  # what goes beyond is cut: waiting longer is the caller's decision


def backoff(attempt: int) -> float:
    """Seconds before retry number `attempt` (from 0): doubling, with jitter so that forks don't come back together."""
    longest = min(LONGEST_BACKOFF, FIRST_BACKOFF * 2**attempt)
    return longest * random.uniform(0.5, 1.0)


def asked_pause(response: requests.Response) -> float | None:
    """What an answer says in Retry-After. A date is on the server's clock, which may not be ours."""
    headers = response.headers
    return retry_after(headers.get("Retry-After"), http_date(headers.get("Date")))


def retry_after(value: str | None, now: datetime.datetime | None = None) -> float | None:
    """Seconds of a Retry-After header (digits or a date), clamped; None when there is none to be read."""
    value = (value or "").strip()
    if re.fullmatch(r"[0-9]+", value):
        return min(float(value[:9]), LONGEST_RETRY_AFTER)
    when = http_date(value)
    if when is None:
        return None
    now = now or datetime.datetime.now(datetime.timezone.utc)
    seconds = (when - now).total_seconds()
    return min(max(seconds, 0.0), LONGEST_RETRY_AFTER)
