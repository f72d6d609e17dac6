# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults to order: which requests they hit, and what becomes of those."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from .fields import Fields


class Fault(BaseModel):
    """What happens to a request. Without status or cut it's answered as usual, only later."""

    model_config = ConfigDict(extra="forbid")

    status: Annotated[int, Field(ge=200, le=599)] | None = None
    headers: dict[str, str] = {}
    body: str = ""
    html: bool = False  # a proxy's page as the body
    execute: bool = False  # with a status: execute the request, then answer the status
    delay: Annotated[float, Field(ge=0)] = 0  # seconds before executing
    delay_after: Annotated[float, Field(ge=0)] = 0  # seconds between executing and answering
    cut: Literal["before", "after", "body"] | None = None
    reset: bool = False  # with a cut: reset the connection instead of closing it
    remove: Annotated[int, Field(ge=0)] = 0  # before executing, the n first instances vanish
    insert: Annotated[int, Field(ge=0)] = 0  # before executing, n instances appear at the front


class Rule(BaseModel):
    """A fault, and the requests that it hits: after ``skip`` that match, the next ``count``."""

    model_config = ConfigDict(extra="forbid")

    method: str | None = None
    path: str | None = None
    query: dict[str, str] = {}
    skip: Annotated[int, Field(ge=0)] = 0
    count: Annotated[int, Field(ge=0)] = 1  # 0: for ever
    fault: Fault

    @field_validator("path")
    @classmethod
    def _is_expression(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                re.compile(value)
            except re.error as error:
                raise ValueError(f"not a regular expression: {error}") from error
        return value

    def matches(self, method: str, path: str, query: Mapping[str, str]) -> bool:
        return (
            (self.method is None or self.method.upper() == method)
            and (self.path is None or re.search(self.path, path) is not None)
            and all(query.get(name) == value for name, value in self.query.items())
        )


class Faults:
    """The rules in force, the oldest first."""

    def __init__(self) -> None:
        self._rules: list[Rule] = []

    def add(self, rule: Rule) -> None:
        self._rules.append(rule.model_copy())

    def clear(self) -> None:
        self._rules.clear()

    def listed(self) -> list[Fields]:
        """The rules that are left, with what is left of their counts."""
        return [rule.model_dump(exclude_defaults=True) for rule in self._rules]

    def take(self, method: str, path: str, query: Mapping[str, str]) -> Fault | None:
        """The fault that hits this request, if any."""
        for rule in self._rules:
            if not rule.matches(method, path, query):
                continue
            if rule.skip:
                rule.skip -= 1
                continue
            if rule.count:
                rule.count -= 1
                if not rule.count:
                    self._rules.remove(rule)
            return rule.fault
        return None
