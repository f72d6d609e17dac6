# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Text of the API is data: it stays as it is, and is never trusted as a template."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from ansible import template as ansible_template
from ansible_collections.cegedim.cloud.plugins.module_utils.api.case import DATA_MAPS, snake
from ansible_collections.cegedim.cloud.plugins.plugin_utils import trust
from ansible_collections.cegedim.cloud.plugins.plugin_utils.trust import TRUST_IS_GIVEN, Data
from hypothesis import given
from hypothesis import strategies as st

# Whole texts, and pieces that are a template together.
PIECES = ["{", "{{ 1 }}", "#jinja2:", "#", "jinja2:", "é", "\ud800", "a", "\\u007b"]
TEXTS = st.one_of(st.text(), st.lists(st.sampled_from(PIECES), max_size=4).map("".join))
KEYS = st.one_of(TEXTS, st.sampled_from(["ipAddress", "ip_address", "frequencies", "name"]))
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), TEXTS),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(KEYS, inner)),
    max_leaves=15,
)


def texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for item in items for text in texts(item)]


def plainly(value: Any, rename: Callable[[str], str], keep: Any = ()) -> Any:
    """What `Data` makes of JSON, in the plainest way."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [plainly(item, rename, keep) for item in value]
    if isinstance(value, dict):
        return {
            re.sub("[{#]", "_", rename(key)): plainly(item, str if key in keep else rename, keep)
            for key, item in value.items()
        }
    return value


def assert_inert(found: Any) -> None:
    for text in texts(found):
        templating = "{" in text or ("#jinja2:" if TRUST_IS_GIVEN else "#") in text
        if TRUST_IS_GIVEN:
            assert ansible_template.is_trusted_as_template(text) is not templating
        else:
            assert hasattr(text, "__UNSAFE__") is templating


@given(JSON)
def test_data_is_the_same_but_inert(value: Any) -> None:
    found = Data()(value)
    # By their texts: to == 1, 1.0 and True are one, and dictionaries have no order.
    assert repr(found) == repr(plainly(value, str))
    assert_inert(found)


@given(st.lists(st.dictionaries(KEYS, JSON), max_size=4))
def test_what_is_remembered_is_right_for_the_next(instances: list[dict[str, Any]]) -> None:
    """Names, texts and safety of one instance after the other, as an inventory has them."""
    data = Data(snake, DATA_MAPS, "itcare_{0}".format)
    for instance in instances:
        found = data.mapping(instance)
        expected: dict[str, Any] = {}
        for key, item in instance.items():
            within = plainly({key: item}, snake, DATA_MAPS)
            expected |= {f"itcare_{name}": rest for name, rest in within.items()}
        assert repr(found) == repr(expected)
        assert_inert(found)


WAYS_IN: list[Callable[[Any], Any]] = [
    *[lambda text: text, lambda text: [text], lambda text: [[text]], lambda text: [{"a": text}]],
    *[lambda text: {"a": text}, lambda text: {"a": [text]}, lambda text: {"a": {"b": text}}],
    *[lambda text: {"frequencies": {"a": [{"b": text}]}}, lambda text: {"frequencies": text}],
]


@pytest.mark.parametrize("way_in", WAYS_IN)
@pytest.mark.parametrize("text", ["{{ 1 }}", "a {% b", "#jinja2:x", "x #jinja2:y", "é{"])
def test_no_text_is_passed_over(way_in: Callable[[Any], Any], text: str) -> None:
    """Wherever it is, also when the memory is full of others."""
    for data in (Data(snake, DATA_MAPS), full()):
        for value in (way_in("harmless"), way_in(text), way_in(text)):
            assert_inert(data(value))
            assert_inert(data.mapping({"field": value}))


def full() -> Data:
    data = Data(snake, DATA_MAPS)
    data([str(number) for number in range(trust.REMEMBERED)])
    return data


def test_memory_is_bounded() -> None:
    data = full()
    first, second = data(["new", "new"])
    assert first == second == "new"
    assert len(data._texts) == trust.REMEMBERED


def test_half_a_surrogate_pair_can_be_printed() -> None:
    assert Data()("a\ud800é").encode() == "a?é".encode()


def test_containers_are_new_ones() -> None:
    inner = {"a": ["x"]}
    data = Data()
    first, second = data([inner, inner])
    assert first == second == inner
    assert first is not second
    assert first["a"] is not second["a"]


def test_keys_are_renamed_but_those_of_data() -> None:
    data = Data(str.upper, {"keep"})
    kept: list[Any] = [{"d": {"e": [{"f": 1}]}}, [{"d": [[{"e": 1}]]}]]
    for within in kept:
        value = {"a": {"b": [{"c": 1}]}, "keep": within}
        expected = {"A": {"B": [{"C": 1}]}, "KEEP": within}
        assert data(value) == data.mapping(value) == expected


def test_outermost_keys_are_renamed_once_more() -> None:
    data = Data(str.upper, {"keep"}, "my_{0}".format)
    value = {"a": {"b": 1}, "keep": {"c": 1}, "{#": 1}
    assert data.mapping(value) == {"my_A": {"B": 1}, "my_KEEP": {"c": 1}, "my___": 1}
