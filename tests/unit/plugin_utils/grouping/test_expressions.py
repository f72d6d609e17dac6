# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Trust, what expressions depend on, rolling back."""

from __future__ import annotations

import copy
import re
from typing import Any

import pytest
from ansible import template as ansible_template
from ansible.inventory.data import InventoryData
from ansible_collections.cegedim.cloud.plugins.plugin_utils.grouping.expressions import (
    dependencies_of_expression,
    dependencies_of_template,
)
from ansible_collections.cegedim.cloud.plugins.plugin_utils.inventory.rollback import all_or_nothing
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


@pytest.mark.parametrize(
    ("expression", "path"),
    [
        ("environment", ("environment",)),
        (" region.id ", ("region", "id")),
        ("a['b']", ("a", "b")),
        ("a['b c'].d[0]", ("a", "b c", "d", 0)),
        ("a.0.b", ("a", 0, "b")),
        ("a[b]", None),
        ("a[-1]", None),
        ("a | lower", None),
        ("'x'", None),
        ("true", None),
    ],
)
def test_plain_paths(expression: str, path: Any) -> None:
    assert dependencies_of_expression(expression).path == path


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ("environment | lower", {"environment"}),
        ("a == 'x' and b in [c, 1] or not d", {"a", "b", "c", "d"}),
        ("a.split('-')[0] ~ b.get('x', c)", {"a", "b", "c"}),
        ("a | default(b, true) | ansible.builtin.regex_replace('x', 'y')", {"a", "b"}),
        ("a | selectattr('id', 'eq', b) | map(attribute='id') | list", {"a", "b"}),
        ("a is defined and a is match('^x')", {"a"}),
        ("1 + 1", set()),
    ],
)
def test_pure_expressions(expression: str, names: set[str]) -> None:
    assert set(dependencies_of_expression(expression).names or ()) == names


@pytest.mark.parametrize(
    "expression",
    [
        *[
            "lookup('env', 'HOME')",
            "query('env', 'HOME')",
            "q('env', 'HOME')",
            "now()",
            "a | random",
        ],
        *[
            "a | shuffle",
            "undef()",
            "vars.a",
            "hostvars.a",
            "range(3)",
            "a | password_hash",
            "omit",
        ],
        *["a | community.general.lower", "a | strftime", "a is file", "a is exists", "a.pop()"],
        *[
            "a.items",
            "a['items']",
            "a._private",
            "a | map('random')",
            "a | map(b)",
            "a | select(b)",
        ],
        *["a | selectattr('x', b)", "a | selectattr('x', 'file')", "a | sort(**b)", "'{{ a }}'"],
        *["a(", "", "lipsum()", "a()", "self", "dict(a=1)", "namespace()"],
    ],
)
def test_what_is_not_known_to_be_pure(expression: str) -> None:
    dependencies = dependencies_of_expression(expression)
    assert dependencies.names is None
    assert dependencies.key(lambda name: "x") is None


def test_templates() -> None:
    assert dependencies_of_template("plain").names == ()
    assert dependencies_of_template("in_{{ region.id }}").names == ("region",)
    assert dependencies_of_template("{{ lookup('env', 'HOME') }}").names is None
    assert dependencies_of_template("{% set x = 1 %}{{ x }}").names is None


def state(inventory: InventoryData) -> Any:
    return {
        "hosts": {
            name: (dict(host.vars), [group.name for group in host.groups])
            for name, host in inventory.hosts.items()
        },
        "groups": {
            name: (
                [host.name for host in group.hosts],
                sorted(map(str, group.host_names)),
                [child.name for child in group.child_groups],
                [parent.name for parent in group.parent_groups],
                dict(group.vars),
                group.depth,
            )
            for name, group in inventory.groups.items()
        },
        "localhost": inventory.localhost,
    }


def grow(inventory: InventoryData, number: int) -> None:
    for name in ("web", "db", "sites"):
        inventory.add_group(name)
    inventory.add_child("sites", "web" if number % 2 else "db")
    for host in ("old", f"new{number}", "localhost"):
        inventory.add_host(host, "web")
        inventory.set_variable(host, "v", {"number": number})
        inventory.add_child("db", host)
    inventory.set_variable("web", "v", number)


@pytest.mark.parametrize("failure", [ValueError, KeyboardInterrupt])
def test_all_is_taken_back(failure: type[BaseException]) -> None:
    inventory = InventoryData()
    inventory.add_host("old")
    grow(inventory, 1)
    before = copy.deepcopy(state(inventory))

    def fail() -> None:
        with all_or_nothing(inventory):
            grow(inventory, 2)
            raise failure

    pytest.raises(failure, fail)
    assert state(inventory) == before
    with all_or_nothing(inventory):
        grow(inventory, 2)
    assert state(inventory) != before
