# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor api, private to the collection. Taking answers apart: what hasn't the form that it must have is an error, neither a traceback nor "there is none"."""

from __future__ import annotations

import math
import re
import typing as t

from .errors import UnreadableAnswerError

Item = dict[str, t.Any]  # as the API shows it
_Id = t.TypeVar("_Id")

_ADVICE = "That isn't what ITCare answers: check api_url, and proxies on the way."


def objects(value: object, what: str) -> list[Item]:
    """A list of objects. Raises UnreadableAnswerError."""
    if not isinstance(value, list):
        raise UnreadableAnswerError(
            f"{what[0].upper()}{what[1:]} is {_kind(value)}, not a list. {_ADVICE}"
        )
    for number, item in enumerate(value):
        if item.__class__ is not dict or isinstance(item.get("id"), (dict, list)):
            _fail(item, f"Entry {number} of {what}")
    found: list[Item] = value
    return found


def one_object(value: object, what: str) -> Item:
    """An object. Raises UnreadableAnswerError."""
    if not isinstance(value, dict) or isinstance(value.get("id"), (dict, list)):
        _fail(value, what)
    found: Item = value
    return found


def object_in(resource: t.Mapping[str, object], key: str) -> Item:
    """An object in a field of an instance, empty when there is none. Raises UnreadableAnswerError."""
    value = resource.get(key)
    if value is None:
        return {}
    return one_object(value, f"{key} of instance {resource.get('name') or resource.get('id')}")


def dig(resource: object, path: str) -> t.Any:
    """The value at `a.b`, None when there is none."""
    for key in path.split("."):
        resource = resource.get(key) if isinstance(resource, dict) else None
    return resource


def _fail(value: object, what: str) -> t.NoReturn:
    if isinstance(value, dict):
        raise UnreadableAnswerError(f"{what} has an id that is {_kind(value['id'])}. {_ADVICE}")
    raise UnreadableAnswerError(f"{what} is {_kind(value)}, not an object. {_ADVICE}")


def _kind(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    for kind, name in ((dict, "an object"), (list, "a list"), (str, "a text")):
        if isinstance(value, kind):
            return name
    return "a number"


def read_id(value: _Id) -> _Id | int:
    """Ids are numbers in the schema and a text in one sample: one thing has one id here."""
    return int(value) if isinstance(value, str) and re.fullmatch(r"[0-9]{1,18}", value) else value


def number(value: object) -> int | float | None:
    """A number, also one that is sent as a text; None for everything else."""
    if isinstance(value, str) and re.fullmatch(r"-?\d{1,15}(\.\d{1,15})?", value.strip(), re.ASCII):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    if isinstance(value, int):  # of any length
        return value
    return int(value) if math.isfinite(value) and value == int(value) else value


def same(found: object, wanted: object) -> bool:
    """Whether a field has the wanted value. A number is compared as one, whatever it is sent as; a text never is."""
    if isinstance(wanted, (int, float)) and not isinstance(wanted, bool):
        return number(found) == wanted
    return bool(found == wanted)
