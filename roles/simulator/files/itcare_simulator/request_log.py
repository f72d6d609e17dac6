# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The log of requests, which no secret gets into."""

from __future__ import annotations

import json
import re
from collections import deque
from typing import Any

from .fields import Fields

LOG_LIMIT = 100_000  # requests that the log remembers
_SECRET = re.compile("secret|passw|token|credential", re.IGNORECASE)


def _without_secrets(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_secrets(item) for item in value]
    if isinstance(value, dict):
        if _SECRET.search(str(value.get("key", ""))):  # a property of a create body
            value = {**value, "value": "***"}
        return {
            name: "***" if _SECRET.search(name) else _without_secrets(item)
            for name, item in value.items()
        }
    return value


def logged_body(body: bytes) -> Any:
    if not body:
        return None
    try:
        return _without_secrets(json.loads(body))
    except ValueError:
        return "not JSON"


class RequestLog:
    """The requests, oldest first. ``executed`` tells whether the request took effect."""

    def __init__(self) -> None:
        self._entries: deque[Fields] = deque(maxlen=LOG_LIMIT)
        self._next = 1

    def open(self, **fields: Any) -> Fields:
        entry: Fields = {"n": self._next, **fields, "status": None, "executed": False}
        self._next += 1
        self._entries.append(entry)
        return entry

    def clear(self) -> None:
        self._entries.clear()

    def since(self, number: int) -> Fields:
        entries = [entry for entry in self._entries if entry["n"] >= number]
        return {"next": self._next, "requests": entries}
