# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor resources, private to the collection. What a task declares to be `sensitive`: masked in all that is shown."""

from __future__ import annotations

import typing as t

from ...api.errors import InputError
from ...api.masking import MASK, Mask
from .keys import Parts, masked_at, read_key, values_at


class Secrets:
    """`body` and `answer` mask at the paths; `mask` masks the body's values wherever they appear."""

    def __init__(self, body: object, paths: t.Sequence[Parts]) -> None:
        self._paths = paths
        found = [value for path in paths for value in values_at(body, path)]
        self.mask = Mask(_leaves(found))

    def answer(self, data: t.Any) -> t.Any:
        for path in self._paths:
            data = masked_at(data, path)
        return self.mask.value(data)

    body = answer


def read_sensitive(given: object) -> list[Parts]:
    """Raises InputError."""
    if given is None:
        return []
    if not isinstance(given, list):
        raise InputError(f"sensitive is a list of dotted paths, not {given!r}.")
    return [read_key(path, "sensitive") for path in given]


def shown_options(params: t.Mapping[str, t.Any]) -> tuple[dict[str, t.Any], Mask]:
    """A task's options as they may be shown, and what masks all else. They may be wrong: then no body is shown."""
    body, sensitive = params.get("body"), params.get("sensitive")
    if isinstance(sensitive, str):
        sensitive = sensitive.split(",")
    try:
        secrets = Secrets(body, read_sensitive(sensitive))
    except InputError:
        return {**params, "body": body and MASK}, Mask(_leaves([body]))
    shown = {name: secrets.mask.value(value) for name, value in params.items()}
    if "body" in params:
        shown["body"] = secrets.body(body)
    return shown, secrets.mask


def _leaves(values: t.Iterable[object]) -> t.Iterator[str | int | float]:
    """Texts and numbers, all the way down. True and false are no secrets by themselves."""
    for value in values:
        if isinstance(value, dict):
            yield from _leaves(value.values())
        elif isinstance(value, list):
            yield from _leaves(value)
        elif isinstance(value, (str, int, float)) and not isinstance(value, bool):
            yield value
