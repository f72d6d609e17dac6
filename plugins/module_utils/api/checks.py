# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor api, private to the collection. Values of options, read: one place for each kind. What can't be read is an error that names the option.

Nothing is guessed: Ansible itself takes a word that it doesn't know for false, which would switch a check off.
"""

from __future__ import annotations

import re
import typing as t

from .errors import InputError

CHANGE_REFERENCE_LENGTH = 10
LONGEST = 31_536_000  # seconds that may be given: a year; the system's clocks end somewhere
CONTROL = re.compile(r"[\x00-\x1f\x7f]")
ONE_WORD = re.compile(r"[\x21-\x7e]+")  # what a header can carry as one

_TRUE = frozenset({"true", "yes", "on", "1", "y", "t"})
_FALSE = frozenset({"false", "no", "off", "0", "n", "f"})


def check_unicode(value: str, where: str) -> str:
    """The text. Raises InputError when it can't be sent: with half a surrogate pair, as of a byte that isn't UTF-8."""
    if re.search("[\ud800-\udfff]", value):
        raise InputError(
            f"{where} holds a character that is none (a surrogate): look for bytes that aren't UTF-8, and for \\ud800 to \\udfff."
        )
    return value


def boolean(value: object, where: str) -> bool:
    """One of the words that Ansible has for true and false."""
    word = str(value).strip().lower() if isinstance(value, (str, int, float)) else ""
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise InputError(f"{where} takes true or false, not {value!r}.")


def integer(value: object, where: str) -> int:
    """A whole number, also as text."""
    if isinstance(value, int) and not isinstance(value, bool):
        return int(value)
    if isinstance(value, str) and re.fullmatch(r"\s*[+-]?[0-9]{1,18}\s*", value):
        return int(value)
    raise InputError(f"{where} takes a whole number, not {value!r}.")


def identifier(value: object, where: str) -> int:
    """An id: digits and nothing else."""
    if isinstance(value, bool) or not re.fullmatch(r"[0-9]{1,18}", str(value)):
        raise InputError(f"{where} takes a whole number, not {value!r}.")
    return int(str(value))


def text(value: object, where: str) -> str:
    """A text; a number, which YAML and templates make of digits, counts as one."""
    if isinstance(value, (str, int, float)) and not isinstance(value, bool):
        return check_unicode(str(value), where)
    raise InputError(f"{where} takes a text, not {value!r}.")


def as_list(value: object) -> list[object]:
    """The items of a list, however it is given: as one, as a text with commas, as its only item. A text has no blanks
    around it."""
    if isinstance(value, str):
        value = value.split(",") if value.strip() else [""]
    items = value if isinstance(value, (list, tuple)) else [value]
    return [item.strip() if isinstance(item, str) else item for item in items]


def identifiers(value: object, where: str) -> list[int]:
    return [identifier(item, where) for item in as_list(value)]


def texts(value: object, where: str) -> list[str]:
    """Texts that go into one parameter of a query, joined by commas."""
    items = as_list(value)
    for item in items:
        is_one = item is not None and not isinstance(item, (dict, list, bool))
        if not is_one or not str(item).strip() or "," in str(item):
            raise InputError(f"{where} takes a list of texts without commas, not {item!r}.")
    return [check_unicode(str(item), where) for item in items]


def tags(value: object, where: str) -> list[str]:
    items = texts(value, where)
    for item in items:
        if not re.fullmatch(r"[^:]+:.+", item, re.S):
            raise InputError(f"{where} takes tags as key:value, such as app:web, not {item!r}.")
    return items


def check_change_reference(text: str | None) -> str | None:
    """The reference, None when it is empty. Raises InputError when it is too long."""
    if text is not None and len(text) > CHANGE_REFERENCE_LENGTH:
        raise InputError(
            f"change_reference has at most {CHANGE_REFERENCE_LENGTH} characters; '{text}' has {len(text)}."
        )
    return text or None


def check_goes_with(options: t.Mapping[str, object], state: str, **only: str) -> None:
    """Options that mean something with one state only. Raises InputError when one is given with another."""
    for option, goes_with in only.items():
        if options.get(option) and state != goes_with:
            raise InputError(
                f"{option} goes with state: {goes_with} only, not with state: {state}."
            )
