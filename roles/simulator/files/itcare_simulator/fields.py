# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fields of the API's objects, as Python has them and as JSON."""

from __future__ import annotations

import json
from typing import Any

Fields = dict[str, Any]


def dump(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


def merge(base: Fields, fields: Fields) -> Fields:
    """A copy of base with the fields put over it, objects within objects too."""
    result = dict(base)
    for name, value in fields.items():
        old = result.get(name)
        if isinstance(old, dict) and isinstance(value, dict):
            value = merge(old, value)
        result[name] = value
    return result


class Fragment:
    """Fields that many instances share, and their JSON without the braces."""

    __slots__ = ("fields", "text")

    def __init__(self, fields: Fields) -> None:
        self.fields = fields
        self.text = dump(fields)[1:-1]
