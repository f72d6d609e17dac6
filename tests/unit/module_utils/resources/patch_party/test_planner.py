# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans of patch parties, held against the model of the API: one request at most, and nothing left to do after it."""

from __future__ import annotations

import copy
from typing import Any

from ansible_collections.cegedim.cloud.plugins.module_utils.api.case import to_snake
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.patch_party.desired import (
    DesiredPatchParty,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.patch_party.planner import (
    plan_patch_party,
    read_party,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from support.api_model import PATCH_PARTIES, Raw, execute

desired_states = st.one_of(
    st.fixed_dictionaries(
        {"excluded": st.just(True), "exclusion_reason": st.sampled_from(["because", " because "])}
    ),
    st.fixed_dictionaries(
        {"patch_group": st.sampled_from(["1", "2", "3", 3, "none"])},
        optional={"excluded": st.sampled_from([False, None])},
    ),
    st.just({"excluded": False}),
)


@settings(max_examples=1000)
@given(PATCH_PARTIES, desired_states)
def test_applied_it_has_nothing_left_to_do(party: Any, options: dict[str, Any]) -> None:
    raw: Raw = {"id": 1, "name": "WEB1", "status": "ACTIVE", "patchParty": party}
    current, desired = to_snake(raw), DesiredPatchParty.from_options(options)
    was: Any = read_party(current)
    plan = plan_patch_party(current, desired)
    assert current == to_snake(copy.deepcopy(raw))
    final: Any = raw
    for step in plan.steps:
        final = execute(raw, step)
        assert step.is_reached(to_snake(final))
        assert not step.is_reached(current)
        now: Any = read_party(to_snake(final))
        changed = {key for key in now if now[key] != was[key]}
        if now["excluded"]:  # nobody knows what becomes of the group then
            changed.discard("patch_group")
        assert {k: was[k] for k in changed} == {k: step.before[k] for k in changed}
        assert {k: now[k] for k in changed} == {k: step.after[k] for k in changed}
    assert len(plan.steps) <= 1
    assert not plan_patch_party(to_snake(final), desired).changed
    stays_excluded = bool(was["excluded"]) and desired.excluded is None
    assert bool(plan.warnings) == stays_excluded
    if not stays_excluded:
        now = read_party(to_snake(final))
        assert now["excluded"] == bool(options.get("excluded"))
        assert now["patch_group"] == str(options.get("patch_group", now["patch_group"]))
