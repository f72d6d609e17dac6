# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor resources, private to the collection. Conditions on an answer: `unless` and `reached`."""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass, field

from ...api.errors import InputError
from .address import Query, check_path, check_query
from .keys import Parts, read_key, values_at

WORDS = ("path", "query", "key", "equals", "exists")


@dataclass(frozen=True)
class Condition:
    """Whether the answer to a GET has a value, or has it not. Without `equals` (None) any value counts but null."""

    option: str
    path: str
    query: Query = field(default_factory=dict)
    key: Parts = ()
    equals: t.Any = None
    exists: bool = True

    @classmethod
    def from_options(cls, given: object, option: str, path: str) -> Condition | None:
        """`path` is the task's. Raises InputError."""
        if given is None:
            return None
        if not isinstance(given, dict):
            raise InputError(f"{option} is a dictionary of {', '.join(WORDS)}, not {given!r}.")
        unknown = [str(word) for word in given if word not in WORDS]
        if unknown:
            raise InputError(f"{option} takes {', '.join(WORDS)}, not {', '.join(unknown)}.")
        exists = given.get("exists")
        if exists not in (None, True, False):
            raise InputError(f"{option}.exists takes true or false, not {exists!r}.")
        own_path, key = given.get("path"), given.get("key")
        return cls(
            option=option,
            path=path if own_path is None else check_path(own_path, f"{option}.path"),
            query=check_query(given.get("query"), f"{option}.query"),
            key=() if key is None else read_key(key, f"{option}.key"),
            equals=given.get("equals"),
            exists=exists is not False,
        )

    def holds(self, answer: object) -> bool:
        """`answer` is None where nothing is there."""
        found = () if answer is None else values_at(answer, self.key)
        return any(map(self._fits, found)) is self.exists

    def _fits(self, value: object) -> bool:
        if self.equals is None:
            return value is not None
        elements = value if isinstance(value, list) else []
        return equal(value, self.equals) or any(equal(item, self.equals) for item in elements)

    def __str__(self) -> str:
        what = ".".join(self.key) or "answer"
        wanted = "" if self.equals is None else f" equals {json.dumps(self.equals, default=str)}"
        turned = "" if self.exists else ", which must not be"
        return f"{self.option} (GET {self.path}: {what}{wanted}{turned})"


def equal(one: object, other: object) -> bool:
    """Equality of JSON; numbers and booleans equal their texts too, as templates make one of the other."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(equal(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(equal, one, other))
    if isinstance(one, str) and isinstance(other, (bool, int, float)):
        return one in _texts(other)
    if isinstance(other, str) and isinstance(one, (bool, int, float)):
        return other in _texts(one)
    return isinstance(one, bool) is isinstance(other, bool) and one == other


def _texts(value: bool | int | float) -> tuple[str, ...]:
    whole = isinstance(value, float) and value.is_integer()
    return (str(value), json.dumps(value), *([str(int(value))] if whole else []))
