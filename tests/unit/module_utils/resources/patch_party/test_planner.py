# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans of patch parties, held against the model of the API, and itcare_patch_party against the server."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from ansible_collections.cegedim.cloud.plugins.module_utils.api.case import to_snake
from ansible_collections.cegedim.cloud.plugins.module_utils.api.errors import InputError
from ansible_collections.cegedim.cloud.plugins.module_utils.planning.bulk import PartialFailureError
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.patch_party.desired import (
    DesiredPatchParty,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.patch_party.ensure import (
    ensure,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.patch_party.gather import (
    gather,
    summarise,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.patch_party.planner import (
    plan_patch_party,
    read_party,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.result import Result
from hypothesis import given, settings
from hypothesis import strategies as st
from support.api_model import Raw, execute
from support.client import WAIT, calls, client_of, executed, instance_of, shown
from support.simulator import Simulator

NAME = "PEB4TEST01"

parties = st.one_of(
    st.none(),
    st.fixed_dictionaries(
        {},
        optional={
            "excluded": st.sampled_from([True, False, None]),
            "exclusionReason": st.sampled_from(["because", "of that", "", None]),
            "patchGroup": st.sampled_from(["1", "2", "3", "", None]),
            "patchDate": st.just("2026-03-05T20:00:00.000Z"),
        },
    ),
)
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
@given(parties, desired_states)
def test_applied_it_has_nothing_left_to_do(party: Any, options: dict[str, Any]) -> None:
    raw: Raw = {"id": 1, "name": "WEB1", "status": "ACTIVE", "patchParty": party}
    current, desired = to_snake(raw), DesiredPatchParty.from_options(options)
    was = read_party(current)
    plan = plan_patch_party(current, desired)
    assert current == to_snake(copy.deepcopy(raw))
    final: Any = raw
    for step in plan.steps:
        final = execute(raw, step)
        assert step.is_reached(to_snake(final))
        assert not step.is_reached(current)
        now = read_party(to_snake(final))
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
    now = read_party(to_snake(shown(simulator, identity)))
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


def test_info(simulator: Simulator) -> None:
    for number, party in enumerate([EXCLUDED, GROUP1, GROUP1, {**GROUP1, "patchGroup": None}]):
        instance_of(simulator, name=f"T{number}", environment="TEST", patchParty=party)
    instance_of(simulator, name="T9", environment=None, patchParty=None)
    options = {"names": ["T0", "T1", "T2", "T3", "T9"]}
    simulator.clear_requests()
    values = gather(client_of(simulator), options).values
    assert calls(simulator)[1:] == ["GET /compute/instances"]
    assert [row["name"] for row in values["patch_parties"]] == options["names"]
    first = values["patch_parties"][0]
    assert first["patch_party"]["exclusion_reason"] == "because"
    assert first["patch_party"]["patch_tag"]  # all that the API shows comes along
    summary = values["summary"]
    assert summary["TEST"]["instances"] == 4
    assert summary["TEST"]["excluded"] == 1
    assert summary["TEST"]["patch_groups"] == {"1": 2, "2": 0, "3": 0, "none": 1}
    assert len(summary["TEST"]["patch_dates"]) == 1
    assert summary["none"]["patch_groups"]["none"] == 1


@settings(max_examples=300)
@given(st.lists(st.tuples(st.sampled_from(["PRODUCTION", "TEST", None]), parties), max_size=20))
def test_every_instance_is_counted_once(fleet: list[tuple[str | None, Any]]) -> None:
    instances = to_snake([{"environment": env, "patchParty": party} for env, party in fleet])
    summary = summarise(instances)
    assert sum(line["instances"] for line in summary.values()) == len(fleet)
    for line in summary.values():
        assert line["instances"] == line["excluded"] + sum(line["patch_groups"].values())
        assert line["patch_dates"] == sorted(set(line["patch_dates"]))
