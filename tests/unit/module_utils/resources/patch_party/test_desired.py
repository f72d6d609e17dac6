# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is asked of patch parties is checked before the first request."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.cegedim.cloud.plugins.module_utils.api.errors import InputError
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.patch_party.desired import (
    DesiredPatchParty,
)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "give excluded, or patch_group"),
        ({"exclusion_reason": "x"}, "give excluded, or patch_group"),
        ({"patch_group": "4"}, "patch_group is 1, 2, 3 or none, not '4'"),
        ({"patch_group": ""}, "patch_group is 1, 2, 3 or none"),
        ({"excluded": True}, "needs exclusion_reason"),
        ({"excluded": True, "exclusion_reason": " "}, "needs exclusion_reason"),
        ({"excluded": True, "exclusion_reason": "x", "patch_group": "1"}, "exclude each other"),
        ({"excluded": False, "exclusion_reason": "x"}, "goes with excluded: true only"),
        ({"patch_group": "1", "exclusion_reason": "x"}, "goes with excluded: true only"),
    ],
)
def test_refused_before_the_first_request(options: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        DesiredPatchParty.from_options(options)
