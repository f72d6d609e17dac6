# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Actions as ITCare shows them: their ids and ends."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.cegedim.cloud.plugins.module_utils.api import actions, errors


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (None, None),
        ("", None),
        ([], None),
        ({}, None),
        ({"id": None}, None),
        ({"id": ""}, None),
        ({"id": "1333", "status": "SUCCESS"}, {"id": 1333, "status": "SUCCESS"}),
        ({"id": 0}, {"id": 0, "status": "IN_PROGRESS"}),
        ({"id": "x", "status": None}, {"id": "x", "status": "IN_PROGRESS"}),
        (
            {"id": 1, "status": "ERROR", "resourceName": "W"},
            {"id": 1, "status": "ERROR", "resource_name": "W"},
        ),
    ],
)
def test_actions_are_read(data: Any, expected: Any) -> None:
    assert actions.read_action(data) == expected


def test_a_status_that_nobody_knows_is_no_success() -> None:
    with pytest.raises(errors.ActionFailedError, match="Action 5 ended in CANCELLED: it gave no"):
        actions.check_success({"id": 5, "status": "CANCELLED"})
