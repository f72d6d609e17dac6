# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults to order: which requests they hit, and what becomes of those."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from .fields import Fields

_REDIRECTS = (301, 302, 303, 307, 308)


class Fault(BaseModel):
    """What happens to a request. Without status, location or cut it's answered as usual, only later or spoilt."""

    model_config = ConfigDict(extra="forbid")

    status: Annotated[int, Field(ge=200, le=599)] | None = None
    headers: dict[str, str] = {}
    body: str = ""
    html: bool = False  # a proxy's page as the body
    execute: bool = False  # with a status: execute the request, then answer the status
    location: str | None = None  # a redirect to there: 302, unless a status says which
    retry_after: Annotated[int, Field(ge=0)] | None = None  # with a status: seconds to wait
    as_date: bool = False  # the same as the date at which they are over
    content_type: str | None = None  # instead of the right one
    drip: Annotated[float, Field(gt=0)] | None = None  # seconds before each byte of the body
    delay: Annotated[float, Field(ge=0)] = 0  # seconds before executing
    delay_after: Annotated[float, Field(ge=0)] = 0  # seconds between executing and answering
    until_gone: bool = False  # a delay ends early when the client goes away
    cut: Literal["before", "after", "body", "json"] | None = None  # json: half of it, all of HTTP
    reset: bool = False  # with a cut of the connection: reset it instead of closing it
    remove: Annotated[int, Field(ge=0)] = 0  # before executing, the n first instances vanish
    insert: Annotated[int, Field(ge=0)] = 0  # before executing, n instances appear at the front

    @model_validator(mode="after")
    def _is_possible(self) -> Fault:
        """What would be ignored is refused, as a rehearsal of nothing looks like one that went well."""
        answered = self.cut not in ("before", "after")
        if self.location is not None:
            self.status = self.status or 302
        wrong = {
            "execute needs a status": self.execute and self.status is None,
            "headers, body, html and retry_after need a status": self.status is None
            and bool(self.headers or self.body or self.html or self.retry_after is not None),
            "html is a body and a content type": self.html
            and bool(self.body or self.content_type is not None),
            "location needs a status that redirects": self.location is not None
            and self.status not in _REDIRECTS,
            "as_date needs retry_after": self.as_date and self.retry_after is None,
            "reset needs a cut of the connection": self.reset and self.cut in (None, "json"),
            "until_gone needs a delay": self.until_gone and not (self.delay or self.delay_after),
            "there is no answer to spoil": not answered
            and bool(self.status or self.drip or self.content_type),
        }
        for why, is_so in wrong.items():
            if is_so:
                raise ValueError(why)
        return self


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
