# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Text of the API is data: it stays as it is, and is never trusted as a template."""

from __future__ import annotations

import re
from typing import Any

from ansible import template as ansible_template
from ansible_collections.cegedim.cloud.plugins.plugin_utils.trust import TRUST_IS_GIVEN, Data
from hypothesis import given
from hypothesis import strategies as st

JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text()),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(), inner)),
    max_leaves=10,
)


def texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for item in items for text in texts(item)]


def without_templates_in_keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {re.sub("[{#]", "_", k): without_templates_in_keys(v) for k, v in value.items()}
    return [*map(without_templates_in_keys, value)] if isinstance(value, list) else value


@given(JSON)
def test_data_is_the_same_but_inert(value: Any) -> None:
    found = Data()(value)
    assert found == without_templates_in_keys(value)
    for text in texts(found):
        templating = "{" in text or ("#jinja2:" if TRUST_IS_GIVEN else "#") in text
        if TRUST_IS_GIVEN:
            assert ansible_template.is_trusted_as_template(text) is not templating
        else:
            assert hasattr(text, "__UNSAFE__") is templating


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
    value = {"a": {"b": [{"c": 1}]}, "keep": {"d": {"e": [{"f": 1}]}}}
    assert data(value) == {"A": {"B": [{"C": 1}]}, "KEEP": {"d": {"e": [{"f": 1}]}}}
