# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor api, private to the collection. JSON of a body: what the rest can work with, or BodyError.

What json takes and others stumble over is refused here, once: NaN, numbers beyond all floats, endless digits, nesting
that ends in a RecursionError. Half a surrogate pair, which can't be printed, becomes the replacement character.
"""

from __future__ import annotations

import json
import math
import re
import sys
import typing as t

from .bodies import BodyError
from .requests_library import requests

DEEPEST = 64  # levels of lists and objects; ITCare's are five deep
MOST_VALUES = 2_000_000  # of one body. Each takes up to a hundred times the memory of its text
LONGEST_NUMBER = 4300  # digits, as in Python itself

_TOO_LARGE = "a number that is too large"
_TOO_DEEP = f"JSON that is nested more than {DEEPEST} levels deep"
_KEPT = frozenset(b'[]{}"')
_DROPPED = bytes(byte for byte in range(256) if byte not in _KEPT)
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_ESCAPE = re.compile(
    r"\\(?:u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|(u[dD][89a-fA-F][\da-fA-F]{2})|.)",
    re.S,
)


def parse(body: bytes) -> t.Any:
    """The value of a body, None when it is empty. Raises BodyError."""
    if not body.strip():
        return None
    if len(body) > 2 * MOST_VALUES and sum(map(body.count, (b",", b"[", b"{"))) > MOST_VALUES:
        raise BodyError(f"more than {MOST_VALUES} values")
    try:
        text = body.decode("utf-8-sig")
        if b"\\" in body and _SURROGATE.search(body):
            text = _ESCAPE.sub(lambda found: r"\ufffd" if found[1] else found[0], text)
        value = _DECODER.decode(text)
    except (json.JSONDecodeError, UnicodeDecodeError):
        raise BodyError("cut or unreadable JSON", passing=True) from None
    except ValueError:  # Python's own limit
        raise BodyError(_TOO_LARGE) from None
    except RecursionError:
        raise BodyError(_TOO_DEEP) from None
    if _may_be_deep(body) and _is_deep(value):
        raise BodyError(_TOO_DEEP)
    return value


def _constant(name: str) -> t.NoReturn:
    raise BodyError(f"{name}, which is no JSON")


def _float(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise BodyError(_TOO_LARGE)
    return value


def _integer(text: str) -> int:
    if len(text) > LONGEST_NUMBER:
        raise BodyError(_TOO_LARGE)
    return int(text)


# Early releases of Python 3.10 have no limit, and need days for a million digits.
_HAS_LIMIT = getattr(sys, "get_int_max_str_digits", int)() > 0
_DECODER = json.JSONDecoder(
    parse_constant=_constant, parse_float=_float, parse_int=None if _HAS_LIMIT else _integer
)


def _may_be_deep(body: bytes) -> bool:
    """False when it surely isn't. A quarter of the time that a look at each value takes.

    Only brackets and quotes are left, then texts without a bracket are taken out, and from within one or two levels at a
    time. What remains is deep, or has brackets in its texts.
    """
    if b"\\" in body and (rb"\"" in body or rb"\\" in body):
        return True
    left = body.translate(None, _DROPPED).replace(b'""', b"")
    for _two_levels in range(DEEPEST // 2):
        if not left:
            return False
        left = left.replace(b"[]", b"").replace(b"{}", b"")
    return bool(left)


def _is_deep(value: object) -> bool:
    level = [value]
    for _level in range(DEEPEST + 1):
        if not level:
            return False
        level = [
            inner
            for outer in level
            for inner in (
                outer.values()
                if outer.__class__ is dict
                else outer if outer.__class__ is list else ()
            )
            if inner.__class__ is dict or inner.__class__ is list
        ]
    return True


def is_cut(response: requests.Response) -> bool:
    """Whether an object ends too early, as something on the way may leave it."""
    body = response.content.lstrip()
    if response.status_code != 200 or body[:1] != b"{":
        return False
    try:
        parse(body)
    except BodyError as error:
        return error.passing
    return False
