# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor api, private to the collection. What a reader of the outcome should know although nothing failed. A client carries it to whoever shows it."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from .errors import printable

SPELT_OUT = 10  # entries of a list in a message


@dataclass
class Notices:
    """Texts, each once."""

    warnings: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)  # shown at -v
    unsorted: set[str] = field(default_factory=set)  # lists that can't be had in the order of ids

    def warn(self, text: str) -> None:
        _add(printable(text), self.warnings)

    def remark(self, text: str) -> None:
        _add(printable(text), self.remarks)


def _add(text: str, texts: list[str]) -> None:
    if text not in texts:
        texts.append(text)


def shortened(
    parts: t.Iterable[str], separator: str = ", ", most: int = SPELT_OUT, last: str = " and"
) -> str:
    """A list that may have thousands of entries, for a message."""
    known = list(parts)
    more = f"{last} {len(known) - most} more" if len(known) > most else ""
    return separator.join(known[:most]) + more
