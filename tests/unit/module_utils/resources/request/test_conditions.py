# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What `unless` and `reached` say of an answer."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.cegedim.cloud.plugins.module_utils.api.errors import InputError
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.request.conditions import (
    Condition,
    equal,
)
from hypothesis import given
from hypothesis import strategies as st

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.floats(-3, 3)
    | st.sampled_from(["", "1", "2", "true", "True", "None", "a"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=6,
)


def condition(**given: Any) -> Condition:
    found = Condition.from_options(given, "unless", "/x")
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ("a", "a", True), ("a", "A", False), ("a", "a ", False), ("", "", True), (None, None, True),
        (2, 2, True), (2, 2.0, True), (2, 3, False), (2, "2", True), ("2", 2, True), (2.0, "2", True), (2, "2.0", False),
        (2.5, "2.5", True), (2, "02", False), (2, " 2", False), (0, "0", True), (0, "", False), (0, None, False),
        (True, True, True), (True, "True", True), (True, "true", True), (True, "TRUE", False), (True, "yes", False),
        (False, "False", True), (False, "false", True), (False, "", False), (False, None, False),
        (1, True, False), (0, False, False), (1.0, True, False), (1, "True", False), (True, "1", False), ("None", None, False),
        ([1, "2"], ["1", 2], True), ([1, 2], [2, 1], False), ([1], [1, 1], False), ([], [], True), ([], {}, False),
        ({"a": 1}, {"a": "1"}, True), ({"a": 1}, {"a": 1, "b": None}, False), ({"a": [True]}, {"a": ["True"]}, True),
        ({"a": [1]}, {"a": [True]}, False), ({"aB": 1}, {"a_b": 1}, False), ({"a": 1}, [1], False), ("a", ["a"], False),
        (10**30, str(10**30), True), (True, [True], False),
    ],
)  # fmt: skip
def test_rule_7_equality(left: Any, right: Any, same: bool) -> None:
    assert equal(left, right) is same
    assert equal(right, left) is same


@given(JSON, JSON)
def test_rule_7_equality_is_that_of_json_but_for_texts_of_values(left: Any, right: Any) -> None:
    assert equal(left, left)
    assert equal(left, right) == equal(right, left)
    assert equal(left, json.loads(json.dumps(left)))
    if type(left) is type(right) and not isinstance(left, (list, dict)):
        assert equal(left, right) == (left == right)


@pytest.mark.parametrize(
    ("given", "answer", "holds"),
    [
        ({}, {}, True), ({}, [], True), ({}, "text", True), ({}, 0, True), ({}, False, True), ({}, "", True), ({}, None, False),
        ({"key": "a"}, {"a": 1}, True), ({"key": "a"}, {"a": None}, False), ({"key": "a"}, {}, False), ({"key": "a"}, None, False),
        ({"key": "a"}, {"a": False}, True), ({"key": "a"}, {"a": 0}, True), ({"key": "a"}, {"a": ""}, True),
        ({"key": "a"}, {"a": []}, True), ({"key": "a"}, [{}, {"a": 1}], True), ({"key": "a"}, [{}, {"a": None}], False),
        ({"key": "a"}, "text", False),
        ({"key": "a", "equals": 1}, {"a": 1}, True), ({"key": "a", "equals": 1}, {"a": 2}, False),
        ({"key": "a", "equals": False}, {"a": False}, True), ({"key": "a", "equals": False}, {"a": None}, False),
        ({"key": "a", "equals": False}, {}, False), ({"key": "a", "equals": 0}, {"a": 1}, False),
        ({"key": "a", "equals": ""}, {"a": ""}, True), ({"key": "a", "equals": ""}, {"a": "x"}, False),
        ({"key": "a", "equals": None}, {"a": 1}, True),
        ({"key": "a", "equals": 2}, {"a": [1, 2]}, True), ({"key": "a", "equals": [1, 2]}, {"a": [1, 2]}, True),
        ({"key": "a", "equals": [2]}, {"a": [[1], [2]]}, True), ({"key": "a", "equals": 2}, {"a": [[2]]}, False),
        ({"key": "a", "equals": {"b": 1}}, {"a": [{"b": "1"}]}, True),
        ({"key": "content.name", "equals": "x"}, {"content": [{"name": "y"}, {"name": "x"}]}, True),
        ({"key": "0.name", "equals": "x"}, [{"name": "y"}, {"name": "x"}], False),
        ({"key": "1.name", "equals": "x"}, [{"name": "y"}, {"name": "x"}], True),
        ({"equals": "b"}, ["a", "b"], True), ({"equals": {"a": 1}}, {"a": 1}, True), ({"equals": "ok"}, "ok", True),
    ],
)  # fmt: skip
def test_rule_7_a_condition(given: dict[str, Any], answer: Any, holds: bool) -> None:
    assert condition(**given).holds(answer) is holds
    assert condition(**given, exists=True).holds(answer) is holds
    assert condition(**given, exists=False).holds(answer) is not holds


def test_rule_7_what_a_condition_looks_at() -> None:
    assert condition().path == "/x"
    own = condition(path="/y", query={"a": [1, 2]})
    assert (own.path, own.query) == ("/y", {"a": [1, 2]})
    assert Condition.from_options(None, "unless", "/x") is None


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("status", "unless is a dictionary of path, query, key, equals, exists, not 'status'"),
        ({"equal": 1}, "unless takes path, query, key, equals, exists, not equal"),
        ({"Key": "a", 5: 1}, "unless takes path, query, key, equals, exists, not Key, 5"),
        ({"path": "/x/../y"}, "unless.path '/x/../y' holds . or .."),
        ({"path": ""}, "unless.path begins with /"),
        ({"query": {"a": {}}}, "unless.query.a takes"),
        ({"key": "a..b"}, "unless.key is a dotted path"),
        ({"exists": "maybe"}, "unless.exists takes true or false"),
    ],
)
def test_rule_2_a_bad_condition(given: Any, said: str) -> None:
    with pytest.raises(InputError) as caught:
        Condition.from_options(given, "unless", "/x")
    assert str(caught.value).startswith(said)
