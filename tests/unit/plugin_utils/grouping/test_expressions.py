# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an expression or template depends on, and whether it is known to be pure: only then is it asked once for many hosts."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.cegedim.cloud.plugins.plugin_utils.grouping.expressions import (
    dependencies_of_expression,
    dependencies_of_template,
)


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
