# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""itcare_patch_party against the server: check mode first, then for real, then again, then check mode again."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.cegedim.cloud.plugins.module_utils.api.case import to_snake
from ansible_collections.cegedim.cloud.plugins.module_utils.planning.bulk import PartialFailureError
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.patch_party.ensure import (
    ensure,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.patch_party.planner import (
    read_party,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.result import Result
from support.client import NAME, WAIT, calls, client_of, executed, instance_of, shown
from support.simulator import Simulator

EXCLUDED = {"excluded": True, "exclusionReason": "because", "patchGroup": None}


GROUP1 = {"excluded": False, "exclusionReason": None, "patchGroup": "1"}


# (the party of the instance; options; what is sent, None for nothing)
CASES: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any] | None]] = {
    "excluded": (
        GROUP1,
        {"excluded": True, "exclusion_reason": "because"},
        {"excluded": True, "exclusionReason": "because"},
    ),
    "excluded already": (EXCLUDED, {"excluded": True, "exclusion_reason": "because"}, None),
    "excluded for another reason": (
        EXCLUDED,
        {"excluded": True, "exclusion_reason": "of that"},
        {"excluded": True, "exclusionReason": "of that"},
    ),
    "included": (EXCLUDED, {"excluded": False}, {"excluded": False}),
    "included already, its group kept": (GROUP1, {"excluded": False}, None),
    "included in a group": (
        EXCLUDED,
        {"excluded": False, "patch_group": "3"},
        {"excluded": False, "patchGroup": 3},
    ),
    "into another group": (GROUP1, {"patch_group": "2"}, {"excluded": False, "patchGroup": 2}),
    "into its group": (GROUP1, {"patch_group": 1}, None),
    "into none": (GROUP1, {"patch_group": "none"}, {"excluded": False}),
    "a group doesn't end an exclusion": (EXCLUDED, {"patch_group": "2"}, None),
}


def run(simulator: Simulator, options: dict[str, Any], read_only: bool = False) -> Result:
    return ensure(client_of(simulator, read_only=read_only), {**WAIT, "names": [NAME], **options})


@pytest.mark.parametrize(("party", "options", "sent"), CASES.values(), ids=CASES)
def test_four_times(
    simulator: Simulator,
    party: dict[str, Any],
    options: dict[str, Any],
    sent: dict[str, Any] | None,
) -> None:
    simulator.settings(action_delay=10)
    identity = instance_of(simulator, patchParty=party)["id"]
    predicted = run(simulator, options, read_only=True)
    assert not simulator.writes()
    real = run(simulator, options)
    assert (predicted.changed, real.changed) == (sent is not None, sent is not None)
    assert predicted.diff == real.diff
    assert [e["body"] for e in executed(simulator)] == (
        []
        if sent is None
        else [{"operation": "update_patch_party", "options": {"patchParty": sent}}]
    )
    (row,) = real.values["instances"]
    assert (row["id"], row["name"], row["error"]) == (identity, NAME, None)
    now: Any = read_party(to_snake(shown(simulator, identity)))
    assert {key: now[key] for key in row["after"]} == row["after"]
    assert (row["action"] or {}).get("status") == ("SUCCESS" if sent else None)
    for read_only in (False, True):
        simulator.clear_requests()
        assert not run(simulator, options, read_only).changed
        assert calls(simulator)[1:] == ["GET /compute/instances"]  # and the token before it


def test_one_that_stays_excluded_is_warned_of(simulator: Simulator) -> None:
    instance_of(simulator, patchParty=EXCLUDED)
    result = run(simulator, {"patch_group": "2"})
    assert len(result.warnings) == 1
    assert f"{NAME} stays excluded from patch parties (because)" in result.warnings[0]
    assert not result.changed


def test_many_that_stay_excluded_are_one_warning(simulator: Simulator) -> None:
    names = [f"PEB4TEST0{number}" for number in range(1, 8)]
    for name in names:
        instance_of(simulator, name=name, patchParty=EXCLUDED)
    options = {"names": names, "patch_group": "2", **WAIT}
    (warning,) = ensure(client_of(simulator), options).warnings
    assert warning.startswith("7 instances stay excluded from patch parties")
    assert "PEB4TEST01, PEB4TEST02" in warning
    assert "and 2 more" in warning


def test_warnings_are_kept_when_another_instance_fails(simulator: Simulator) -> None:
    instance_of(simulator, name="PEB4TEST01", patchParty=EXCLUDED)
    instance_of(simulator, name="PEB4TEST02")
    simulator.fail_actions(fail=1)
    options = {"names": ["PEB4TEST01", "PEB4TEST02"], "patch_group": "2", **WAIT}
    with pytest.raises(PartialFailureError) as caught:
        ensure(client_of(simulator), options)
    (warning,) = caught.value.details["warnings"]
    assert "PEB4TEST01 stays excluded" in warning
