# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Steps and plans as values: what a result, a diff and check mode read from them."""

from __future__ import annotations

import copy
import dataclasses
from typing import Any

import pytest
from ansible_collections.cegedim.cloud.plugins.module_utils.api.actions import Waiting
from ansible_collections.cegedim.cloud.plugins.module_utils.api.errors import InputError
from ansible_collections.cegedim.cloud.plugins.module_utils.planning.plan import (
    Plan,
    Step,
    merge,
    shows,
)
from hypothesis import given
from hypothesis import strategies as st

keys = st.sampled_from("abc")
values = st.integers(0, 2) | st.none() | st.lists(st.integers(0, 2), max_size=2)
resources = st.dictionaries(
    keys, values | st.dictionaries(keys, values | st.dictionaries(keys, values))
)


@given(resources, resources)
def test_merged_it_shows_the_change(base: dict[str, Any], change: dict[str, Any]) -> None:
    before = copy.deepcopy((base, change))
    merged = merge(base, change)
    assert (base, change) == before
    assert shows(merged, change)
    assert merge(merged, change) == merged
    assert {key: merged[key] for key in base if key not in change} == {
        key: base[key] for key in base if key not in change
    }
    assert shows(base, {})


@pytest.mark.parametrize(
    ("resource", "wanted", "expected"),
    [
        ({"a": 1, "b": 2}, {"a": 1}, True),
        ({"a": 1}, {"a": 2}, False),
        ({}, {"a": None}, True),
        ({}, {"a": 1}, False),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 1}}, True),
        ({"a": {"b": 1}}, {"a": {"b": 2}}, False),
        ({"a": None}, {"a": {"b": 1}}, False),
        ({"a": {"b": 1}}, {"a": None}, False),
        ({"a": [1, 2]}, {"a": [1]}, False),
    ],
)
def test_shows(resource: dict[str, Any], wanted: dict[str, Any], expected: bool) -> None:
    assert shows(resource, wanted) is expected


STOP = Step("stop", "PATCH", "/x/{id}", before={"status": "ACTIVE"}, after={"status": "INACTIVE"})
START = Step("start", "PATCH", "/x/{id}", before={"status": "INACTIVE"}, after={"status": "ACTIVE"})
SIZE = Step("resize", "PATCH", "/x/{id}", before={"cpu": 1}, after={"cpu": 2})
DELETE = Step("delete", "DELETE", "/x/{id}", before={"name": "WEB", "status": "INACTIVE"})
CURRENT = {"id": 1, "name": "WEB", "status": "ACTIVE", "cpu": 1}


@pytest.mark.parametrize(
    ("steps", "before", "after", "predicted"),
    [
        ([], {}, {}, CURRENT),
        ([STOP], {"status": "ACTIVE"}, {"status": "INACTIVE"}, {**CURRENT, "status": "INACTIVE"}),
        (
            [STOP, SIZE, START],
            {"status": "ACTIVE", "cpu": 1},
            {"status": "ACTIVE", "cpu": 2},
            {**CURRENT, "cpu": 2},
        ),
        ([STOP, DELETE], {"status": "ACTIVE", "name": "WEB"}, {}, None),
    ],
)
def test_what_a_plan_says(
    steps: list[Step],
    before: dict[str, Any],
    after: dict[str, Any],
    predicted: dict[str, Any] | None,
) -> None:
    plan = Plan("instance", "WEB", dict(CURRENT), tuple(steps))
    assert plan.changed == bool(steps)
    assert plan.operations == [step.label for step in steps]
    assert (plan.before, plan.after, plan.predicted) == (before, after, predicted)
    assert plan.diff() == {
        "before": before,
        "after": after,
        "before_header": "instance WEB",
        "after_header": "instance WEB",
    }
    assert plan.current == CURRENT


def test_a_plan_is_a_value() -> None:
    plan = Plan("instance", "WEB", dict(CURRENT), (STOP,))
    for field in dataclasses.fields(plan):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(plan, field.name, None)
    assert isinstance(plan.steps, tuple)
    assert isinstance(plan.warnings, tuple)


def test_a_new_resource_is_predicted_by_its_steps() -> None:
    create = Step("create", "POST", "/x", after={"name": "WEB", "status": "ACTIVE"})
    plan = Plan("instance", "WEB", None, (create, STOP))
    assert plan.predicted == {"name": "WEB", "status": "INACTIVE"}


def test_when_a_step_is_done() -> None:
    assert SIZE.is_reached({"cpu": 2, "ram": 4})
    assert not SIZE.is_reached({"cpu": 1})
    assert not SIZE.is_reached(None)
    reset = Step("reset", "PATCH", "/x/{id}")
    assert reset.blind
    assert not reset.is_reached({"cpu": 2})
    gone = Step("delete", "DELETE", "/x/{id}", reached=lambda found: found is None)
    assert not gone.blind
    assert gone.is_reached(None)
    assert not gone.is_reached(CURRENT)


def test_waiting() -> None:
    assert Waiting.from_options({}) == Waiting(True, 1800, 5)
    assert Waiting.from_options({"wait": None, "wait_timeout": None}) == Waiting()
    given_options = {"wait": False, "wait_timeout": 1, "wait_interval": 2}
    assert Waiting.from_options(given_options) == Waiting(False, 1, 2)
    for options in ({"wait_timeout": 0}, {"wait_timeout": -1}, {"wait_interval": 0}):
        with pytest.raises(InputError, match=f"{next(iter(options))} must be more than 0 seconds"):
            Waiting.from_options(options)
