# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is asked of snapshots: ages as text."""

from __future__ import annotations

import pytest
from ansible_collections.cegedim.cloud.plugins.module_utils.api.errors import InputError
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.snapshot.desired import (
    parse_age,
)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90m", 5400), ("12h", 43200), ("2d", 172800), ("30s", 30), (" 1 H ", 3600)],
)
def test_age(text: str, seconds: int) -> None:
    assert parse_age(text).total_seconds() == seconds


@pytest.mark.parametrize(
    "text", ["", "12", "h", "-1h", "0h", "1.5h", "1w", "1h30m", "9" * 20 + "d"]
)
def test_wrong_age(text: str) -> None:
    with pytest.raises(InputError, match="max_age is a number with a unit"):
        parse_age(text)
