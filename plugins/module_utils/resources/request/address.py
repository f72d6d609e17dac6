# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor resources, private to the collection. Paths and queries that a user has written: checked, and made an address."""

from __future__ import annotations

import re
import typing as t
from urllib.parse import quote, unquote

from ...api.checks import check_unicode
from ...api.errors import InputError

Query = t.Mapping[str, t.Any]


def check_path(path: object, option: str) -> str:
    """A path that can lead nowhere but to one resource of the API. Raises InputError."""
    if not isinstance(path, str) or not path.startswith("/"):
        raise InputError(
            f"{option} begins with / and is relative to api_url, such as /compute/instances, not {path!r}."
        )
    check_unicode(path, option)
    problem = _problem(path)
    if problem:
        raise InputError(f"{option} {path!r} {problem}.")
    return path


def _problem(path: str) -> str:
    if "?" in path or "#" in path:
        return "holds ? or #: what follows a ? goes into the option query"
    if "\\" in path or re.search(r"[\s\x00-\x1f\x7f-\x9f]", path):
        return "holds a backslash, a blank or a control character"
    if path.startswith("//"):
        return "begins with //, which would be another host"
    if path.endswith("/"):
        return "ends with /: is the variable empty that should follow? The path would mean the whole list"
    if "//" in path:
        return "holds //: is a variable empty that should stand between?"
    if any(map(_leads_up, (path, unquote(path), unquote(unquote(path))))):
        return "holds . or .. as a part, so it would lead elsewhere"
    return ""


def _leads_up(path: str) -> bool:
    """Servers also take `..;x` for `..`, and some a backslash for a slash."""
    parts = re.split(r"[/\\]", path)
    return any(part.partition(";")[0] in (".", "..") for part in parts)


def check_query(query: object, option: str) -> Query:
    """Raises InputError when a parameter can't be sent."""
    if query is None:
        return {}
    if not isinstance(query, dict):
        raise InputError(f"{option} is a dictionary of parameters, not {query!r}.")
    for name, value in query.items():
        items = value if isinstance(value, list) else [value]
        if any(isinstance(item, (dict, list, tuple, set)) for item in items):
            raise InputError(
                f"{option}.{name} takes a text, a number, a boolean or a list of these, not {value!r}."
            )
        for text in (name, *items):
            check_unicode(str(text), f"{option}.{name!r}")
    return query


def encode(query: Query) -> str:
    """`?a=1&a=2&b=x%2Cy`: a list is its parameter once for each element (docs/api.md#rest)."""
    pairs = [
        f"{quote(str(name), safe='')}={quote(_text(item), safe='')}"
        for name, value in query.items()
        for item in (value if isinstance(value, (list, tuple)) else [value])
        if item is not None
    ]
    return "?" + "&".join(pairs) if pairs else ""


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def last_number(path: str) -> str | None:
    """What the path is about, where that is told by a number: `10007` of `/compute/instances/10007/snapshots`."""
    numbers = [part for part in path.split("/") if re.fullmatch(r"[0-9]+", part)]
    return numbers[-1] if numbers else None
