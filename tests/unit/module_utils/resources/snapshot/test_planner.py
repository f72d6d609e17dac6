# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans of snapshots, held against the model of the API, also of several at a time, and what is refused."""

from __future__ import annotations

import copy
import datetime
from collections.abc import Sequence
from typing import Any

import pytest
from ansible_collections.cegedim.cloud.plugins.module_utils.api.case import to_snake
from ansible_collections.cegedim.cloud.plugins.module_utils.api.errors import InputError
from ansible_collections.cegedim.cloud.plugins.module_utils.api.shapes import Instance, Snapshot
from ansible_collections.cegedim.cloud.plugins.module_utils.planning.plan import merge
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.snapshot.desired import (
    DesiredSnapshot,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.snapshot.planner import (
    plan_snapshot,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.snapshot.state import (
    active,
    read_snapshots,
    snapshots_of,
    with_snapshots,
)
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from support.api_model import NOW, Raw, execute, stamp

HOUR = datetime.timedelta(hours=1)

snapshots = st.none() | st.fixed_dictionaries(
    {
        "id": st.sampled_from(["1-snap-42", "a/b c?d"]),
        "createdAt": st.integers(0, 71).map(lambda hours: stamp(NOW - hours * HOUR)),
        "description": st.sampled_from(["old", None]),
        "changeReference": st.none(),
        "recoveredAt": st.sampled_from([None, stamp(NOW - HOUR)]),
    }
)
instances = st.builds(
    lambda snapshot: {"id": 1, "name": "WEB1", "status": "ACTIVE", "snapshot": snapshot}, snapshots
)
named = st.sampled_from(["1-snap-42", "1-snap-7", None])
desired_states = st.one_of(
    st.fixed_dictionaries(
        {"state": st.sampled_from(["present", None])},
        optional={
            "description": st.sampled_from(["new", "", None]),
            "change_reference": st.sampled_from(["RFC_1", "", None]),
            "max_age": st.sampled_from(["1s", "12h", "2d", None]),
            "replace": st.booleans(),
            "snapshot_id": named,
        },
    ),
    st.fixed_dictionaries({"state": st.just("absent")}, optional={"snapshot_id": named}),
    st.fixed_dictionaries(
        {"state": st.just("recovered")}, optional={"snapshot_id": named, "force": st.booleans()}
    ),
)


@settings(max_examples=1000)
@given(instances, desired_states)
def test_applied_it_has_nothing_left_to_do(raw: Raw, options: dict[str, Any]) -> None:
    desired = DesiredSnapshot.from_options(options)
    current, untouched = to_snake(raw), copy.deepcopy(raw)
    try:
        plan = plan_snapshot(current, desired, NOW)
    except InputError:
        assume(False)
    assert current == to_snake(untouched)
    final: Any = raw
    for step in plan.steps:
        before, final = final, execute(final, step)
        assert step.is_reached(to_snake(final))
        assert not step.is_reached(to_snake(before))
        if not step.waits_for_previous:
            execute(raw, step)  # a dry run sends it as things stand
    if plan.changed:
        assert plan.predicted is not None
        predicted, real = plan.predicted["snapshot"], to_snake(final)["snapshot"]
        assert (predicted is None) == (real is None)
        if "create snapshot" in plan.operations:
            # what the server makes up isn't predicted, least of all from the one that is gone
            assert predicted.items() <= real.items()
        elif predicted:
            assert {**predicted, "recovered_at": None} == {**real, "recovered_at": None}
    repeating = bool(options.get("replace") or (options.get("force") and final["snapshot"]))
    again = plan_snapshot(to_snake(final), desired, NOW) if named_right(desired, final) else None
    if again is not None:
        assert again.changed == repeating
    if plan.changed:
        assert plan.repeats == repeating


def named_right(desired: DesiredSnapshot, final: Raw) -> bool:
    """A replaced snapshot has another id than the one that was named."""
    snapshot = final["snapshot"]
    return (
        not snapshot or desired.snapshot_id in (None, snapshot["id"]) or desired.state == "absent"
    )


SNAPSHOT = {"id": "1-snap-42", "created_at": stamp(NOW - 24 * HOUR), "recovered_at": None}


def operations(snapshot: dict[str, Any] | None, **options: Any) -> list[str]:
    instance: Any = {"id": 1, "name": "WEB1", "snapshot": snapshot}
    return plan_snapshot(instance, DesiredSnapshot.from_options(options), NOW).operations


@pytest.mark.parametrize(
    ("snapshot", "options", "expected"),
    [
        (None, {}, ["create snapshot"]),
        (SNAPSHOT, {}, []),
        (SNAPSHOT, {"description": "another"}, []),
        (SNAPSHOT, {"max_age": "25h"}, []),
        (SNAPSHOT, {"max_age": "24h"}, []),
        (SNAPSHOT, {"max_age": "23h"}, ["delete snapshot", "create snapshot"]),
        (SNAPSHOT, {"replace": True}, ["delete snapshot", "create snapshot"]),
        (
            SNAPSHOT,
            {"replace": True, "snapshot_id": "1-snap-42"},
            ["delete snapshot", "create snapshot"],
        ),
        (None, {"replace": True, "snapshot_id": "1-snap-42"}, ["create snapshot"]),
        (None, {"state": "absent"}, []),
        (SNAPSHOT, {"state": "absent"}, ["delete snapshot"]),
        (SNAPSHOT, {"state": "absent", "snapshot_id": "1-snap-42"}, ["delete snapshot"]),
        (SNAPSHOT, {"state": "absent", "snapshot_id": "1-snap-7"}, []),
        (SNAPSHOT, {"state": "recovered"}, ["recover snapshot"]),
        ({**SNAPSHOT, "recovered_at": stamp(NOW)}, {"state": "recovered"}, []),
        (
            {**SNAPSHOT, "recovered_at": stamp(NOW)},
            {"state": "recovered", "force": True},
            ["recover snapshot"],
        ),
    ],
)
def test_operations(
    snapshot: dict[str, Any] | None, options: dict[str, Any], expected: list[str]
) -> None:
    assert operations(snapshot, **options) == expected


@pytest.mark.parametrize(
    ("snapshot", "options", "said"),
    [
        (None, {"state": "recovered"}, "WEB1 has no snapshot to recover"),
        (
            SNAPSHOT,
            {"state": "recovered", "snapshot_id": "1-snap-7"},
            "no snapshot '1-snap-7' to recover .it has '1-snap-42'",
        ),
        (SNAPSHOT, {"replace": True, "snapshot_id": "1-snap-7"}, "'1-snap-42', not '1-snap-7'"),
        ({"id": "x"}, {"max_age": "1h"}, "doesn't show when the snapshot of WEB1 was made"),
        (
            {"id": "x", "created_at": "yesterday"},
            {"max_age": "1h"},
            "when the snapshot of WEB1 was made, 'yesterday', can't be read as a date",
        ),
        (SNAPSHOT, {"description": "x" * 101}, "description has at most 100 .* has 101"),
        (SNAPSHOT, {"change_reference": "x" * 11}, "change_reference has at most 10"),
        (SNAPSHOT, {"max_age": "soon"}, "max_age is a number with a unit"),
        (SNAPSHOT, {"state": "absent", "max_age": "1h"}, "max_age goes with state: present"),
        (SNAPSHOT, {"state": "absent", "replace": True}, "replace goes with state: present"),
        (SNAPSHOT, {"state": "recovered", "description": "x"}, "description goes with"),
        (SNAPSHOT, {"force": True}, "force goes with state: recovered"),
    ],
)
def test_refused(snapshot: dict[str, Any] | None, options: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        operations(snapshot, **options)


LIVING: dict[str, dict[str, Any]] = {
    "new": {"id": "new", "created_at": stamp(NOW - HOUR), "expires_at": stamp(NOW + HOUR)},
    "old": {"id": "old", "created_at": stamp(NOW - 24 * HOUR), "recovered_at": stamp(NOW)},
    "undated": {"id": "undated", "created_at": None},
}
EXPIRED = [
    {"id": "gone", "created_at": stamp(NOW - 72 * HOUR), "expires_at": stamp(NOW - HOUR)},
    {"id": "ends now", "created_at": stamp(NOW), "expires_at": stamp(NOW)},
]


def several(shown: Sequence[object], snapshot_id: str | None = None) -> Instance:
    """An instance in whose answers these are, in this order."""
    found = active(read_snapshots(shown), NOW, snapshot_id)
    return with_snapshots({"id": 1, "name": "WEB1"}, found)


@pytest.mark.parametrize("snapshot_id", [None, "new", "old", "undated", "other"])
@given(shown=st.permutations([*LIVING.values(), *EXPIRED, {"id": None}, {}]))
def test_which_of_several_counts(shown: list[dict[str, Any]], snapshot_id: str | None) -> None:
    instance = several(shown, snapshot_id)
    order = [str(snapshot["id"]) for snapshot in snapshots_of(instance)]
    assert order == sorted(LIVING, key=[snapshot_id, "new", "old", "undated"].index)
    assert instance["snapshot"] == LIVING[order[0]]


@pytest.mark.parametrize("snapshot_id", [None, "new", "old", "undated", "other"])
@given(shown=st.permutations([*LIVING.values(), *EXPIRED]))
def test_absent_means_all_or_the_one_that_is_named(
    shown: list[Snapshot], snapshot_id: str | None
) -> None:
    # Handed over just as the answer has them, too: the planner knows by itself what counts.
    for instance in (several(shown, snapshot_id), with_snapshots({"id": 1}, shown)):
        plan = plan_snapshot(instance, DesiredSnapshot("absent", snapshot_id=snapshot_id), NOW)
        doomed = [name for name in LIVING if snapshot_id in (None, name)]
        deleted = [step.path.rsplit("/", 1)[1] for step in plan.steps]
        assert sorted(deleted) == sorted(doomed)
        current: Any = several(shown, snapshot_id)
        for step, name in zip(plan.steps, deleted, strict=True):
            assert not step.is_reached(current)
            current = with_snapshots(current, [s for s in snapshots_of(current) if s["id"] != name])
            assert step.is_reached(current)
        assert not plan_snapshot(
            current, DesiredSnapshot("absent", snapshot_id=snapshot_id), NOW
        ).steps
        predicted = merge(several(shown, snapshot_id), plan.after)
        kept = {k: v for k, v in (predicted["snapshot"] or {}).items() if v}
        assert kept == {k: v for k, v in (current["snapshot"] or {}).items() if v}
        assert predicted.get("other_snapshots", []) == current.get("other_snapshots", [])


def test_what_a_diff_shows_of_several() -> None:
    plan = plan_snapshot(several(list(LIVING.values())), DesiredSnapshot("absent"), NOW)
    assert plan.operations == ["delete snapshot"] * 3
    assert plan.before["snapshot"]["id"] == "new"
    assert [snapshot["id"] for snapshot in plan.before["other_snapshots"]] == ["old", "undated"]
    assert plan.after == {"snapshot": None, "other_snapshots": []}


@given(shown=st.permutations([*LIVING.values(), *EXPIRED]))
def test_all_of_several_are_replaced(shown: list[dict[str, Any]]) -> None:
    instance = several(shown)
    assert not plan_snapshot(instance, DesiredSnapshot(max_age=2 * HOUR), NOW).steps
    plan = plan_snapshot(instance, DesiredSnapshot(max_age=HOUR / 2), NOW)
    assert plan.operations == [*["delete snapshot"] * 3, "create snapshot"]
    create = plan.steps[-1]
    assert not create.is_reached(instance)
    assert create.is_reached(with_snapshots(instance, [{"id": "fresh"}]))


@given(shown=st.permutations(EXPIRED))
def test_expired_ones_are_none(shown: list[Snapshot]) -> None:
    for instance in (several(shown), with_snapshots({"id": 1, "name": "WEB1"}, shown)):
        plan = plan_snapshot(instance, DesiredSnapshot(), NOW)
        assert plan.operations == ["create snapshot"]
        assert not plan.steps[0].is_reached(instance)
        assert not plan_snapshot(instance, DesiredSnapshot("absent"), NOW).steps
        with pytest.raises(InputError, match="WEB1 has no snapshot to recover"):
            plan_snapshot(instance, DesiredSnapshot("recovered"), NOW)


@given(shown=st.permutations([*LIVING.values(), *EXPIRED]))
def test_of_several_the_newest_is_recovered(shown: list[dict[str, Any]]) -> None:
    for snapshot_id in (None, "new"):
        desired = DesiredSnapshot("recovered", snapshot_id=snapshot_id)
        (step,) = plan_snapshot(several(shown, snapshot_id), desired, NOW).steps
        assert step.before["snapshot"]["id"] == "new"


def test_an_older_one_of_several_cannot_be_recovered_or_replaced() -> None:
    instance = several(list(LIVING.values()), "old")
    with pytest.raises(InputError, match="has the snapshot 'new' too, .* delete that one first"):
        plan_snapshot(instance, DesiredSnapshot("recovered", snapshot_id="old", force=True), NOW)
    with pytest.raises(InputError, match="has the snapshot 'new' too, .* 'old' isn't replaced"):
        plan_snapshot(instance, DesiredSnapshot(replace=True, snapshot_id="old"), NOW)


@pytest.mark.parametrize("force", [True, False])
def test_recovered_already(force: bool) -> None:
    snapshot = {**SNAPSHOT, "recovered_at": stamp(NOW)}
    instance: Any = {"id": 1, "name": "WEB1", "snapshot": snapshot}
    plan = plan_snapshot(instance, DesiredSnapshot("recovered", force=force), NOW)
    said = () if force else (f"WEB1: already recovered at {stamp(NOW)}",)
    assert (plan.warnings, plan.changed) == (said, force)


@pytest.mark.parametrize(
    ("options", "hours", "reached"),
    [({}, 9, True), ({"max_age": HOUR}, 2, False), ({"max_age": HOUR}, 1, True)]
    + [({"replace": True}, 2, False), ({"replace": True}, 0, True)],
)
def test_an_old_one_that_comes_to_light_is_not_the_new_one(
    options: dict[str, Any], hours: int, reached: bool
) -> None:
    instance: Instance = {"id": 1, "name": "WEB1", "snapshot": None}
    (step,) = plan_snapshot(instance, DesiredSnapshot(**options), NOW).steps
    found = {"id": "hidden", "created_at": stamp(NOW - hours * HOUR)}
    assert step.is_reached({**instance, "snapshot": found}) is reached
