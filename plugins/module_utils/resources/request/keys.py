# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor resources, private to the collection. Dotted paths into what is sent and answered: `network.dns.0.alias`."""

from __future__ import annotations

import re
import typing as t

from ...api.case import snake
from ...api.errors import InputError
from ...api.masking import MASK

Parts = t.Sequence[str]


def read_key(key: object, option: str) -> tuple[str, ...]:
    """The parts of a dotted path. Raises InputError."""
    parts = tuple(str(key).split(".")) if isinstance(key, (str, int)) else ()
    if not parts or isinstance(key, bool) or not all(part.strip() for part in parts):
        raise InputError(
            f"{option} is a dotted path into an answer, such as status or network.id, not {key!r}."
        )
    return parts


def values_at(data: object, parts: Parts) -> t.Iterator[t.Any]:
    """All values that a path fits. In a list a number picks an element; anything else is looked for in each."""
    if not parts:
        yield data
        return
    for key, rest in _steps(data, parts):
        yield from values_at(t.cast("t.Any", data)[key], rest)


def masked_at(data: t.Any, parts: Parts) -> t.Any:
    """The data with what is at a path masked; an empty value stays."""
    if not parts:
        return data if data in (None, "") else MASK
    masked = data
    for key, rest in _steps(data, parts):
        if masked is data:
            masked = data.copy()
        masked[key] = masked_at(masked[key], rest)
    return masked


def _steps(data: object, parts: Parts) -> t.Iterator[tuple[t.Any, Parts]]:
    """The keys, or places in a list, at which a path goes on, each with what is left of it."""
    if isinstance(data, dict):
        for count in range(1, len(parts) + 1):  # a key may have dots of its own
            name = ".".join(parts[:count])
            yield from ((key, parts[count:]) for key in data if name in (key, snake(str(key))))
    elif isinstance(data, list):
        if re.fullmatch(r"[0-9]{1,18}", parts[0]):
            if int(parts[0]) < len(data):
                yield int(parts[0]), parts[1:]
        else:
            yield from ((place, parts) for place in range(len(data)))
