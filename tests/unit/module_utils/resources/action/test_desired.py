# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which actions a task asks for: ids as numbers, texts or results, and statuses."""

from __future__ import annotations

from ansible_collections.cegedim.cloud.plugins.module_utils.resources.action.desired import (
    check_statuses,
    read_ids,
)


def test_ids_are_read() -> None:
    assert read_ids(None) is None
    assert read_ids([]) == []
    given = [1, "1333", " 5 ", {"id": "a-1"}, {"id": "7"}, {"id": 8, "x": 1}]
    assert read_ids(given) == [1, 1333, 5, "a-1", 7, 8]
    assert check_statuses(None) is check_statuses([]) is None
