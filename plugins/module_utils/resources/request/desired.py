# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor resources, private to the collection. The call that a task asks for, checked before the first request, that for a token too."""

from __future__ import annotations

import json
import re
import typing as t
from dataclasses import dataclass

from ...api.checks import check_change_reference, check_unicode
from ...api.errors import InputError
from .address import Query, check_path, check_query, last_number
from .conditions import Condition
from .secrets import Secrets, read_sensitive

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
JSON = "application/json"
_WORD = r"[\w!#$%&'*+.^`|~-]+"
_MEDIA_TYPE = re.compile(
    rf'{_WORD}/{_WORD}([ \t]*;[ \t]*{_WORD}=({_WORD}|"[\t !#-\[\]-~]*"))*', re.ASCII
)


@dataclass(frozen=True)
class DesiredCall:
    """What a task asks for, checked."""

    method: str
    path: str
    query: Query
    body: t.Any
    media_type: str
    paginate: bool
    raw: bool
    unless: Condition | None
    reached: Condition | None
    secrets: Secrets

    @classmethod
    def from_options(cls, options: t.Mapping[str, t.Any]) -> DesiredCall:
        """Raises InputError before the first request."""
        method = "GET" if options.get("method") is None else options["method"]
        if method not in METHODS:
            raise InputError(
                f"method is {', '.join(METHODS[:-1])} or {METHODS[-1]}, not {method!r}."
            )
        path = check_path(options.get("path"), "path")
        query = check_query(options.get("query"), "query")
        body, paginate = options.get("body"), bool(options.get("paginate"))
        if method == "GET" and body is not None:
            raise InputError("body goes with POST, PUT, PATCH and DELETE, not with method: GET.")
        if paginate and method != "GET":
            raise InputError(f"paginate goes with method: GET only, not with {method}.")
        if paginate and "page" in query:
            raise InputError("query.page goes without paginate, which reads all pages.")
        media_type = JSON if options.get("media_type") is None else options["media_type"]
        if not isinstance(media_type, str) or not _MEDIA_TYPE.fullmatch(media_type):
            raise InputError(f"media_type is one such as {JSON}, not {media_type!r}.")
        _check_body(body)
        reference = check_change_reference(options.get("change_reference"))
        if reference and method != "GET":
            body = with_reference(body, reference)
        return cls(
            method=method,
            path=path,
            query=query,
            body=body,
            media_type=media_type,
            paginate=paginate,
            raw=bool(options.get("raw")),
            unless=Condition.from_options(options.get("unless"), "unless", path),
            reached=Condition.from_options(options.get("reached"), "reached", path),
            secrets=Secrets(body, read_sensitive(options.get("sensitive"))),
        )

    @property
    def title(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def content(self) -> object:
        """The body as it is sent: JSON, unless it is a text of another kind."""
        if isinstance(self.body, str) and "json" not in self.media_type.lower():
            return self.body.encode()
        return self.body

    @property
    def resource_id(self) -> str | None:
        """Of what the call is about, where the path tells it."""
        return last_number(self.path)


def _check_body(body: object) -> None:
    """Raises InputError when it can't be sent. Nobody could tell that later from a connection that was cut."""
    if isinstance(body, str):
        check_unicode(body, "body")
    try:
        json.dumps(body, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise InputError(f"body can't be written as JSON: {error}.") from None


def with_reference(body: object, reference: str) -> dict[str, t.Any]:
    """The body with the reference in its place. Raises InputError when there is none, or another one in it."""
    place = {} if body is None else body
    if not isinstance(place, dict):
        raise InputError("change_reference has no place in body, which is no dictionary.")
    if place.get("operation") is None:
        return _referring(place, reference, "body")
    options = place.get("options")
    if options is not None and not isinstance(options, dict):
        raise InputError("change_reference has no place in body.options, which is no dictionary.")
    _check_same(place, reference, "body")
    return {**place, "options": _referring(options or {}, reference, "body.options")}


def _referring(place: dict[str, t.Any], reference: str, where: str) -> dict[str, t.Any]:
    _check_same(place, reference, where)
    return place if place.get("changeReference") else {**place, "changeReference": reference}


def _check_same(place: dict[str, t.Any], reference: str, where: str) -> None:
    given = place.get("changeReference")
    if given not in (None, "") and str(given) != reference:
        raise InputError(
            f"change_reference is {reference!r}, but {where}.changeReference is {given!r}: give one of them."
        )
