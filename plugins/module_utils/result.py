# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor result, private to the collection. The outcome of a module's work, apart from the plan: what only reads has one, too."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field


@dataclass
class Result:
    """What a module answers, whoever runs it."""

    changed: bool
    values: dict[str, t.Any]
    diff: t.Any = None
    warnings: list[str] = field(default_factory=list)
