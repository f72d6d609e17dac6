# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fast grouping against the plain one, and that against Ansible's own: the same groups, variables, errors.

On generated expressions, data and options.
"""

from __future__ import annotations

import os
import re
from typing import Any

from ansible import template as ansible_template
from ansible.utils.vars import combine_vars
from ansible_collections.cegedim.cloud.plugins.module_utils.api.case import harmless_key
from ansible_collections.cegedim.cloud.plugins.plugin_utils.grouping.fast import FastGrouping
from ansible_collections.cegedim.cloud.plugins.plugin_utils.grouping.plain import PlainGrouping
from ansible_collections.cegedim.cloud.plugins.plugin_utils.inventory.translator import Translator
from ansible_collections.cegedim.cloud.plugins.plugin_utils.trust import (
    TRUST_IS_GIVEN,
    can_be_template,
)
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from support.inventory import Populated, Source, trusted

CASES = int(os.environ.get("GROUPING_CASES", "1000"))

# -- data: instances as the API may show them -----------------------------------------------------------------------

TEXTS = st.sampled_from(
    [
        "PRODUCTION",
        "DEVELOPMENT",
        "EB-A",
        "a b",
        "é",
        "9x",
        "5",
        "1.5",
        "True",
        "None",
        "null",
        "[1, 2]",
        '{"a": 1}',
        "it's",
        "",
        " ",
        "x\n",
        "{{ 7 * 6 }}",
        "{% if true %}x{% endif %}",
        "#jinja2: variable_start_string: '[%'\n[% 1 %]",
        "{#",
        "{",
    ]
)
SCALARS = st.one_of(
    TEXTS,
    TEXTS,
    st.none(),
    st.booleans(),
    st.sampled_from([0, 1, 2, -1, 1.0, 0.0, 2.5]),
)
KEYS = st.sampled_from(["id", "name", "items", "a-b"])
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=6,
)
FIELDS = ["environment", "status", "region", "network", "cpu", "comment", "entries", "unknownField"]
INSTANCES = st.fixed_dictionaries(
    {},
    optional={
        "environment": SCALARS,
        "status": SCALARS,
        "region": st.one_of(st.none(), st.fixed_dictionaries({"id": SCALARS, "areas": VALUES})),
        "network": st.one_of(
            st.none(),
            st.fixed_dictionaries(
                {"dns": st.lists(st.fixed_dictionaries({"alias": SCALARS}), max_size=2)}
            ),
        ),
        "cpu": st.sampled_from([0, 1, 2, 4, None, True, "4"]),
        "comment": VALUES,
        "entries": st.lists(SCALARS, max_size=3),
        "unknownField": VALUES,
    },
)

# -- expressions ----------------------------------------------------------------------------------------------------

NAMES = [
    *["environment", "status", "region", "network", "cpu", "comment", "entries", "unknown_field"],
    *["itcare_environment", "itcare_region", "itcare_running", "running", "nowhere"],
    *[
        "inventory_hostname",
        "group_names",
        "owner",
        "templated",
        "composed",
        "list_composed",
        "site",
    ],
]
PATHS = [
    *["region.id", "region['id']", "region.areas", "region.areas[0]", "region.nothing"],
    *["network.dns[0].alias", "network.dns.0.alias", "network['dns'][1]['alias']", "network.dns"],
    *[
        "environment.id",
        "entries[0]",
        "entries.1",
        "entries[-1]",
    ],
    *["comment.id.name", "comment['a-b']", "unknown_field.name", "itcare_region.id", "site.name"],
    *["composed.id", "list_composed[0]", "owner.name", "region[status]"],
]
# Methods: their text tells an address, so they only stand alone.
METHODS_THEMSELVES = ["comment.items", "comment['items']", "region.keys"]
CONSTANTS = ["'PRODUCTION'", "'x'", "1", "0", "true", "none", "''", "[]", "{}", "'{{ 1 }}'", "2.5"]
atoms = st.one_of(
    st.sampled_from(NAMES),
    st.sampled_from(PATHS),
    st.sampled_from(PATHS),
    st.sampled_from(CONSTANTS),
)
FILTERS = [
    *[
        "lower",
        "upper",
        "default('none')",
        "default('none', true)",
        "length",
        "int",
        "string",
        "list",
    ],
    *["join('-')", "map(attribute='id') | list", "map('upper') | list", "select('defined') | list"],
    *["replace('P', 'q')", "trim", "first", "to_json", "from_json", "ternary('yes', 'no')", "bool"],
    *[
        "dict2items",
        "combine({'more': 1})",
        "unique",
        "sort",
        "regex_replace('^(.)', '\\\\1\\\\1')",
    ],
    *[
        "selectattr('id', 'defined') | list",
        "nosuchfilter",
        "random(seed='x')",
        "type_debug",
        "mandatory",
    ],
    *[
        "ansible.builtin.b64encode",
        "tojson",
        "reverse | list",
        "batch(2) | list",
        "flatten",
        "max",
        "hash",
    ],
]
METHODS = [
    *[
        ".upper()",
        ".split('-')",
        ".get('id')",
        ".get('id', 'none')",
        ".startswith('P')",
        ".items()",
    ],
    *[
        ".keys() | list",
        ".strip()",
        ".nosuchmethod()",
        ".count('a')",
        "[:2]",
        ".append(1)",
        ".__class__",
    ],
]
TESTS = [
    *[
        "defined",
        "undefined",
        "none",
        "string",
        "number",
        "mapping",
        "match('P')",
        "in ['x', 1, true]",
    ],
    *["sameas(true)", "nosuchtest", "eq('PRODUCTION')", "truthy", "subset(['x'])", "contains('x')"],
]
OPERATORS = ["==", "!=", "<", "in", "not in", "and", "or", "~", "+", "-", "%", "*"]


def compound(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.builds("{} | {}".format, inner, st.sampled_from(FILTERS)),
        st.builds("({} | {})".format, inner, st.sampled_from(FILTERS)),
        st.builds("({}){}".format, inner, st.sampled_from(METHODS)),
        st.builds("{} is {}".format, inner, st.sampled_from(TESTS)),
        st.builds("({} {} {})".format, inner, st.sampled_from(OPERATORS), inner),
        st.builds("not {}".format, inner),
        st.builds("{} if {} else {}".format, inner, inner, inner),
        st.builds("{} if {}".format, inner, inner),
        st.builds("[{}, {}]".format, inner, inner),
        st.builds("({}, {})".format, inner, inner),
        st.builds("{{'k': {}, {}: 1}}".format, inner, inner),
    )


SPECIAL = st.sampled_from(
    [
        "lookup('env', 'HOME')",
        "query('env', 'HOME')",
        "lookup('vars', 'environment')",
        "lookup('vars', 'itcare_environment', default=site)",
        "now(fmt='%Y')",
        "range(2) | list",
        "undef()",
        "omit",
        "[environment, omit]",
        "environment |",
        "{{ environment }}",
        "environment }}{{ status",
        "",
        " ",
        " environment ",
        "environment\n",
        "self",
        "vars",
        "dict(a=environment)",
        "'a\\nb' ~ environment",
        "environment == '\\d'",
        "{% if true %}x{% endif %}",
        "#jinja2: trim_blocks: false\nenvironment",
        "true",
    ]
)
expressions = st.one_of(
    st.sampled_from(NAMES),
    st.sampled_from(PATHS + METHODS_THEMSELVES),
    st.recursive(atoms, compound, max_leaves=4),
    st.recursive(atoms, compound, max_leaves=4),
    SPECIAL,
)

# -- options --------------------------------------------------------------------------------------------------------

PARENTS = st.sampled_from(
    [
        None,
        "",
        "parents",
        "env_PRODUCTION",
        "{{ region.id }}",
        "{{ environment }}",
        "in_{{ status | lower }}",
        "{{ nowhere }}",
        "{{ nowhere | default(omit) }}",
        "{{ broken",
        "{% if environment %}a{% else %}b{% endif %}",
        "{{ inventory_hostname }}",
        "{{ lookup('env', 'HOME') }}",
        "{{ templated }}",
        "a b",
    ]
)
KEYED = st.fixed_dictionaries(
    {"key": expressions},
    optional={
        "prefix": st.sampled_from(["env", "", "a b", "9"]),
        "separator": st.sampled_from(["_", "", "-"]),
        "default_value": st.sampled_from(["unknown", ""]),
        "trailing_separator": st.booleans(),
        "parent_group": PARENTS,
    },
)
OPTIONS = st.fixed_dictionaries(
    {
        "compose": st.dictionaries(
            st.sampled_from(
                ["composed", "list_composed", "ansible_host", "itcare_environment", "region"]
            ),
            expressions,
            max_size=3,
        ),
        "groups": st.dictionaries(
            st.sampled_from(["one", "two", "a b", "env_PRODUCTION", ""]),
            st.one_of(expressions, expressions, st.booleans(), st.sampled_from([1, None])),
            max_size=2,
        ),
        "keyed_groups": st.one_of(
            st.lists(KEYED, max_size=3),
            st.lists(KEYED, max_size=3),
            st.lists(st.one_of(KEYED, st.sampled_from([{}, {"prefix": "x"}, "x"])), max_size=2),
        ),
        "strict": st.sampled_from([False, False, False, True]),
        "use_extra_vars": st.booleans(),
        "leading_separator": st.booleans(),
    }
)
EXTRA = st.sampled_from(
    [
        {},
        {"owner": "me"},
        {"owner": {"name": "me"}, "environment": "EXTRA"},
        {"templated": "{{ environment }}-t", "owner": ["a"]},
        {"cpu": 1, "region": {"id": "{{ status }}"}},
    ]
)
# Hosts that an earlier source has brought, with variables that are templates.
EARLIER = st.sampled_from(
    [{}, {"site": "S1"}, {"site": {"name": "x"}}, {"site": "{{ environment }}-s"}]
)


class AnsiblesOwn(Source):
    """Constructable as Ansible ships it, but for the one wanted difference."""

    by_key = False

    def _compose(self, template: Any, variables: Any, *rest: Any, **more: Any) -> Any:
        value = super()._compose(template, variables)
        return str(value) if self.by_key and isinstance(value, int) else value

    def group(self, host: Any, fields: Any) -> None:
        given = self.given
        variables = combine_vars(fields.unprefixed(), host.get_vars())
        self._set_composite_vars(given["compose"], variables, host.name, given["strict"])
        self._add_host_to_composed_groups(given["groups"], variables, host.name, given["strict"])
        self.by_key = True
        self._add_host_to_keyed_groups(given["keyed_groups"], variables, host.name, given["strict"])
        self.by_key = False


class Plain(Source):
    kind = PlainGrouping

    def __init__(self, extra: dict[str, Any], **options: Any) -> None:
        super().__init__(extra, **options)
        self.grouping = self.kind(self)

    def group(self, host: Any, fields: Any) -> None:
        self.grouping.apply(host, fields)


class Fast(Plain):
    kind = FastGrouping


def stable(text: str) -> str:
    """Without memory addresses: an expression can yield a method, whose text tells one."""
    return re.sub(r"0x[0-9a-f]{6,}", "0x", text)


def described_key(key: Any) -> Any:
    """A key as ours are, one difference that is wanted: before 2.19 Ansible would execute some."""
    return harmless_key(key) if isinstance(key, str) and not TRUST_IS_GIVEN else key


def described(value: Any) -> Any:
    """A value with what equality doesn't tell: its type, and whether it would be executed as a template."""
    if isinstance(value, dict):
        return {described_key(key): described(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [
            type(value).__name__ if isinstance(value, tuple) else "list",
            *map(described, value),
        ]
    if isinstance(value, str):
        value_text = stable(value)
        if not can_be_template(value):
            return value_text
        if TRUST_IS_GIVEN:
            return (
                str(value),
                "executed" if ansible_template.is_trusted_as_template(value) else "inert",
            )
        return value_text  # Ansible leaves some to be executed; test_nothing_is_executed.py is about ours
    return (type(value).__name__.replace("_AnsibleTaggedInt", "int"), stable(repr(value)))


def outcome(plugin: Any, instances: list[dict[str, Any]], earlier: dict[str, Any]) -> Any:
    """Everything that grouping these hosts does."""
    translator = Translator("itcare_")
    error = None
    for number, instance in enumerate(instances):
        name = f"host{number}"
        plugin.inventory.add_host(name)
        host = plugin.inventory.hosts[name]
        host.vars.update(trusted(earlier))
        fields = translator.fields(instance)
        host.vars.update(fields.variables)
        try:
            plugin.group(host, fields)
        except Exception as caught:  # whatever it is: the other one must raise the same
            error = (type(caught).__name__, stable(str(caught)))
            break
    inventory = plugin.inventory
    if error is not None:
        return error
    return {
        "groups": {
            stable(name): {
                "hosts": [host.name for host in group.hosts],
                "children": sorted(stable(child.name) for child in group.child_groups),
                "depth": group.depth,
            }
            for name, group in inventory.groups.items()
        },
        "variables": {name: described(host.vars) for name, host in inventory.hosts.items()},
        "member of": {
            name: sorted(stable(group.name) for group in host.get_groups())
            for name, host in inventory.hosts.items()
        },
    }


INVENTORIES = {
    "instances": st.lists(INSTANCES, min_size=1, max_size=5),
    "options": OPTIONS,
    "extra": EXTRA,
    "earlier": EARLIER,
}
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]


@settings(max_examples=CASES, deadline=None, suppress_health_check=SLOW)
@given(**INVENTORIES)
def test_fast_is_as_plain(
    instances: list[dict[str, Any]],
    options: dict[str, Any],
    extra: dict[str, Any],
    earlier: dict[str, Any],
) -> None:
    # Twice the same hosts, so that what was remembered is used.
    instances = instances + instances[:2]
    expected = outcome(Plain(extra, **options), instances, earlier)
    event("an error" if isinstance(expected, tuple) else "an inventory")
    assert outcome(Fast(extra, **options), instances, earlier) == expected


@settings(max_examples=CASES // 4, deadline=None, suppress_health_check=SLOW)
@given(**INVENTORIES)
def test_plain_is_as_ansible(
    instances: list[dict[str, Any]],
    options: dict[str, Any],
    extra: dict[str, Any],
    earlier: dict[str, Any],
) -> None:
    expected = outcome(AnsiblesOwn(extra, **options), instances, earlier)
    assert outcome(Plain(extra, **options), instances, earlier) == expected


# Values that are easily taken for one another. A result that is remembered for one must not be given for another.
CONFUSABLE = [
    *[1, 1.0, True, "1", "True", "1.0", 0, False, 0.0, "", "0", None, "None", "null"],
    *[
        [1],
        [True],
        ["1"],
        [None],
        [],
        {},
        {"id": 1},
        {"id": True},
        {"id": "1"},
        {"id": None},
        {"id": {}},
    ],
    *[
        {"id": "1", "name": "x"},
        {"name": "x", "id": "1"},
        "[1]",
        '["1"]',
        "{}",
        "{{ 1 }}",
        [[1]],
        ["a", "b"],
    ],
]
FOCUSED = [
    *[
        "{0}",
        "{0}.id",
        "{0}['id']",
        "{0}[0]",
        "{0}.name",
        "{0} | string",
        "{0} | type_debug",
        "{0} == 1",
    ],
    *[
        "{0} is none",
        "{0} is boolean",
        "{0} ~ ''",
        "{0} | list",
        "{0} | first",
        "{0} | to_json",
        "[{0}]",
    ],
    *[
        "{0} | default('none', true)",
        "{0}.id | default('none')",
        "{0} in [1, 'x']",
        "not {0}",
        "{0} + 1",
    ],
]


@settings(max_examples=CASES // 2, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    values=st.lists(st.sampled_from(CONFUSABLE), min_size=2, max_size=8),
    entry=st.sampled_from(["compose", "groups", "keyed_groups"]),
    expression=st.sampled_from(FOCUSED),
    name=st.sampled_from(["comment", "comment", "itcare_comment", "site", "owner"]),
    use_extra_vars=st.booleans(),
    extra=st.sampled_from([{}, {"comment": "EXTRA"}, {"owner": "{{ comment }}"}, {"owner": "me"}]),
)
def test_similar_values_stay_apart(
    values: list[Any],
    entry: str,
    expression: str,
    name: str,
    use_extra_vars: bool,
    extra: dict[str, Any],
) -> None:
    text = expression.format(name)
    options: dict[str, Any] = {
        "compose": {},
        "groups": {},
        "keyed_groups": [],
        "strict": False,
        "use_extra_vars": use_extra_vars,
        "leading_separator": True,
    }
    options[entry] = {
        "compose": {"composed": text},
        "groups": {"met": text},
        "keyed_groups": [{"key": text, "default_value": "default"}],
    }[entry]
    instances = [{"comment": value} for value in values]
    earlier = {"site": "{{ comment }}"}
    expected = outcome(Plain(extra, **options), instances, earlier)
    assert outcome(Fast(extra, **options), instances, earlier) == expected


# -- names and filters, for which Ansible has nothing of its own ----------------------------------------------------


class WithHosts(Source):
    """A source after one that has brought a host and a group."""

    def __init__(self, earlier: dict[str, Any], **options: Any) -> None:
        super().__init__(**options)
        inventory = self.inventory
        inventory.add_group("before")
        inventory.add_host("A1", "before")
        inventory.hosts["A1"].vars.update(trusted({"itcare_id": 1, **earlier}))
        inventory.groups["before"].set_variable("site", "of the group")


def whole(instances: list[dict[str, Any]], earlier: dict[str, Any], options: dict[str, Any]) -> Any:
    """All that a source with these options does, in the order in which it does it."""
    plugin = WithHosts(earlier, **options)
    error = None
    try:
        Populated(instances, plugin=plugin)
    except Exception as caught:  # whatever it is: the other one must raise the same
        error = (type(caught).__name__, stable(str(caught)))
    inventory = plugin.inventory
    return {
        "error": error,
        "warnings": [stable(text) for text in plugin.display.warnings],
        "groups": [
            (
                stable(name),
                [stable(host.name) for host in group.hosts],
                [stable(child.name) for child in group.child_groups],
                [stable(parent.name) for parent in group.parent_groups],
            )
            for name, group in inventory.groups.items()
        ],
        "hosts": [
            (
                stable(name),
                described(host.vars),
                sorted(stable(group.name) for group in host.groups),
            )
            for name, host in inventory.hosts.items()
        ],
    }


@settings(max_examples=CASES // 10, deadline=None, suppress_health_check=SLOW)
@given(
    instances=st.lists(INSTANCES, min_size=1, max_size=4),
    earlier=EARLIER,
    options=OPTIONS,
    names=st.lists(expressions, max_size=2),
    filters=st.lists(
        st.dictionaries(
            st.sampled_from(["include", "exclude"]),
            st.one_of(expressions, st.booleans()),
            min_size=1,
            max_size=1,
        ),
        max_size=2,
    ),
)
def test_whole_inventories_are_alike(
    instances: list[dict[str, Any]],
    earlier: dict[str, Any],
    options: dict[str, Any],
    names: list[str],
    filters: list[dict[str, Any]],
) -> None:
    fleet = [
        {"id": number, "name": f"A{number}", **instance}
        for number, instance in enumerate(instances + instances[:2])
    ]
    options = {**options, "hostnames": [*names, "name"], "on_duplicate": "unique", "min_hosts": 0}
    options["host_filters"] = [*filters, {"exclude": "id == 4"}]
    expected = whole(fleet, earlier, {**options, "grouping": "plain"})
    event("an error" if expected["error"] else "an inventory")
    assert whole(fleet, earlier, {**options, "grouping": "fast"}) == expected
    if expected["error"]:
        assert [host[0] for host in expected["hosts"]] == ["A1"]
