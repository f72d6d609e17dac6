# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filters, tests and methods that are taken for pure are those that were read, and do what they did.

What ansible-core brings is compared by its source, release by release; what Jinja2 brings, whose releases come with any
ansible-core, by its parameters; and all of it, also what Python brings, by examples. `pure_filters.yml` holds what was read.
"""

from __future__ import annotations

import functools
import hashlib
import inspect
import json
import os
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.plugins import loader
from ansible.release import __version__ as ansible_version
from ansible_collections.cegedim.cloud.plugins.plugin_utils.grouping.expressions import (
    PURE_FILTERS,
    PURE_METHODS,
    PURE_TESTS,
    dependencies_of_expression,
)
from jinja2 import Environment, nodes
from jinja2.filters import FILTERS
from jinja2.tests import TESTS
from support.inventory import Populated

READ = Path(__file__).with_name("pure_filters.yml")
RECORD = "PURE_FILTERS_RECORD"  # environment variable
RELEASE = ".".join(ansible_version.split(".")[:2])
KINDS: list[tuple[str, frozenset[str], Any, dict[str, Any]]] = [
    ("filter", PURE_FILTERS, loader.filter_loader, FILTERS),
    ("test", PURE_TESTS, loader.test_loader, TESTS),
]


def source(function: Any) -> str:
    """What tells one function from another: its source where it is Ansible's, else its name."""
    if isinstance(function, functools.partial):
        return " ".join(map(source, (function.func, *function.args, *function.keywords.values())))
    if getattr(function, "__globals__", {}).get("__name__", "").startswith("ansible"):
        return inspect.getsource(function.__code__)  # not of what it may wrap
    return str(getattr(function, "__qualname__", function))


def parameters(function: Any) -> str:
    """A signature without annotations; the name of what isn't Jinja2's own, such as `operator.eq`."""
    if not str(function.__module__).startswith("jinja2"):
        return str(function.__name__)
    told = []
    for parameter in inspect.signature(function).parameters.values():
        plain = isinstance(parameter.default, (str, int, float, type(None), tuple))
        default = "..." if not plain else repr(parameter.default)
        has_default = parameter.default is not inspect.Parameter.empty
        told.append(f"{parameter.name}={default}" if has_default else parameter.name)
    return f"({', '.join(told)})"


def of_ansible(plugins: Any, name: str) -> Any:
    """None where ansible-core has none of its own."""
    try:
        plugin = plugins.get(f"ansible.builtin.{name}")
    except KeyError:  # `==` and the like
        return None
    return plugin and plugin.j2_function


def found() -> dict[str, dict[str, str]]:
    """By kind and name: this release, `jinja2` -> what to compare."""
    told: dict[str, dict[str, str]] = {}
    for kind, names, plugins, own in KINDS:
        for name in sorted(names):
            entry = told[f"{kind} {name}"] = {}
            function = of_ansible(plugins, name)
            if function:
                entry[RELEASE] = hashlib.sha256(source(function).encode()).hexdigest()[:8]
            if name in own:
                entry["jinja2"] = parameters(own[name])
    return told


def split(entry: dict[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """What concerns this release of ansible-core, and the rest."""
    ours = {key: value for key, value in entry.items() if key in (RELEASE, "jinja2")}
    return ours, {key: value for key, value in entry.items() if key not in ours}


def record(told: dict[str, dict[str, str]], known: dict[str, dict[str, str]]) -> None:
    entries = {name: {**split(known.get(name, {}))[1], **entry} for name, entry in told.items()}
    lines = [
        f"{json.dumps(name)}: {json.dumps(entry, sort_keys=True)}\n"
        for name, entry in sorted(entries.items())
    ]
    head, mark, _entries = READ.read_text(encoding="utf-8").partition("---\n")
    READ.write_text(head + mark + "".join(lines), encoding="utf-8")


def test_they_are_those_that_were_read() -> None:
    told = found()
    known = yaml.safe_load(READ.read_text(encoding="utf-8"))
    if os.environ.get(RECORD):
        record(told, known)
        return
    changed = [name for name, entry in told.items() if split(known.get(name, {}))[0] != entry]
    assert not changed, (
        f"Nobody has read yet what these are in ansible-core {RELEASE} with its Jinja2. Read them: plugins/filter and "
        "plugins/test of ansible-core, jinja2/filters.py and jinja2/tests.py. What depends on anything but its input (time, "
        "chance, files, the machine) leaves PURE_FILTERS or PURE_TESTS in expressions.py. Then run this test once with the "
        f"environment variable {RECORD}=1."
    )
    assert set(known) == set(told)


def test_they_exist() -> None:
    for kind, names, plugins, own in KINDS:
        for name in names:
            assert name in own or of_ansible(plugins, name), f"There is no {kind} {name}."
    for name in PURE_METHODS:
        assert any(hasattr(kind, name) for kind in (str, dict, list)), f"There is no method {name}."


# An expression -> its text, in all releases.
EXAMPLES: dict[str, str] = {
    "-3 | abs": "3",
    "'YWI=' | b64decode": "ab",
    "'ab' | b64encode": "YWI=",
    "'/a/b.c' | basename": "b.c",
    "[1, 2, 3] | batch(2) | list": "[[1, 2], [3]]",
    "'yes' | bool": "True",
    "'aB c' | capitalize": "Ab c",
    "'a' | center(3)": " a ",
    "'a' | checksum": "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8",
    "[1, 2, 3] | combinations(2) | list | length": "3",
    "{'a': {'b': 1}} | combine({'a': {'c': 2}}, recursive=true)": "{'a': {'b': 1, 'c': 2}}",
    "[1, 2] | count": "2",
    "'' | d('x', true)": "x",
    "none | default('x', true)": "x",
    "{'a': 1} | dict2items": "[{'key': 'a', 'value': 1}]",
    "{'b': 1, 'a': 2} | dictsort": "[('a', 2), ('b', 1)]",
    "[1, 2] | difference([2])": "[1]",
    "'/a/b.c' | dirname": "/a",
    "'<' | e": "&lt;",
    "'&' | escape": "&amp;",
    "1 | extract(['a', 'b'])": "b",
    "1500 | filesizeformat": "1.5 kB",
    "[3, 1] | first": "3",
    "[[1, [2]], 3] | flatten(levels=1)": "[1, [2], 3]",
    "'1.5' | float": "1.5",
    "'%s-%s' | format('a', 1)": "a-1",
    "'[1, null]' | from_json": "[1, None]",
    "'a: [1, x]' | from_yaml": "{'a': [1, 'x']}",
    "[{'a': 1, 'b': 2}, {'a': 1, 'b': 3}] | groupby('a') | map('last') | list": "[[{'a': 1, 'b': 2}, {'a': 1, 'b': 3}]]",
    "'a' | hash('sha1')": "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8",
    "1048576 | human_readable": "1.00 MB",
    "'1 KB' | human_to_bytes": "1024",
    "lines | indent(2)": "a\n  b",
    "'12' | int": "12",
    "[1, 2] | intersect([2, 3])": "[2]",
    "{'a': 1} | items | list": "[('a', 1)]",
    "[{'key': 'a', 'value': 1}] | items2dict": "{'a': 1}",
    "[1, 'a'] | join('-')": "1-a",
    "[3, 1] | last": "1",
    "'abc' | length": "3",
    "'ab' | list": "['a', 'b']",
    "8 | log(2)": "3.0",
    "'Ab' | lower": "ab",
    "1 | mandatory": "1",
    "[{'a': 1}] | map(attribute='a') | list": "[1]",
    "['a'] | map('upper') | list": "['A']",
    "[3, 1] | max": "3",
    "'a' | md5": "0cc175b9c0f1b6a831c399e269772661",
    "[3, 1] | min": "1",
    "['a', 'b'] | path_join": "a/b",
    "[1, 2] | permutations | list | length": "2",
    "2 | pow(3)": "8.0",
    "[1] | product([2]) | list": "[(1, 2)]",
    "'a b' | quote": "'a b'",
    "'a.b' | regex_escape": "a\\.b",
    "'a1b2' | regex_findall('[0-9]')": "['1', '2']",
    "'abc' | regex_replace('b', 'x')": "axc",
    "'abc' | regex_search('b.')": "bc",
    "[0, 1] | reject | list": "[0]",
    "[{'a': 0}, {'a': 1}] | rejectattr('a') | list": "[{'a': 0}]",
    "[{'k': 'a', 'v': 1}] | rekey_on_member('k')": "{'a': {'k': 'a', 'v': 1}}",
    "'aba' | replace('a', 'x')": "xbx",
    "[1, 2] | reverse | list": "[2, 1]",
    "8 | root(3)": "2.0",
    "1.25 | round(1, 'floor')": "1.2",
    "[0, 1] | select | list": "[1]",
    "[{'a': 0}, {'a': 1}] | selectattr('a', 'eq', 1) | list": "[{'a': 1}]",
    "'a' | sha1": "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8",
    "[1, 2, 3] | slice(2) | list": "[[1, 2], [3]]",
    "[3, 1] | sort": "[1, 3]",
    "'a,b' | split(',')": "['a', 'b']",
    "'a/b.c' | splitext": "('a/b', '.c')",
    "1 | string": "1",
    "[{'a': [1, 2]}] | subelements('a') | length": "2",
    "[1, 2] | sum": "3",
    "[1, 2] | symmetric_difference([2, 3])": "[1, 3]",
    "true | ternary('a', 'b')": "a",
    "'a bc' | title": "A Bc",
    "'2026-01-02 03:04:05' | to_datetime": "2026-01-02 03:04:05",
    "{'b': 1, 'a': [none]} | to_json": '{"b": 1, "a": [null]}',
    "{'b': 1, 'a': 2} | to_nice_json(indent=1)": '{\n "a": 2,\n "b": 1\n}',
    "{'b': 1, 'a': 2} | to_nice_yaml": "a: 2\nb: 1\n",
    "'a' | to_uuid": "9b6d1a0c-51b1-5093-93fc-cf09a700edff",
    "{'a': [1]} | to_yaml": "a: [1]\n",
    "{'a': '<'} | tojson": '{"a": "\\u003c"}',
    "' a ' | trim": "a",
    "'abcdefgh' | truncate(5, true, '..', 0)": "abc..",
    "[1] | union([2])": "[1, 2]",
    "[1, 1, 2] | unique": "[1, 2]",
    "'ab' | upper": "AB",
    "'a%20b' | urldecode": "a b",
    "'a b' | urlencode": "a%20b",
    "'https://h:1/p?q=1' | urlsplit('port')": "1",
    "path | win_basename": "b.c",
    "path | win_dirname": "C:\\a",
    "path | win_splitdrive": "('C:', '\\\\a\\\\b.c')",
    "'a b' | wordcount": "2",
    "'a bc' | wordwrap(2)": "a\nbc",
    "[1, 2] | zip(['a', 'b']) | list": "[(1, 'a'), (2, 'b')]",
    "[1, 2] | zip_longest(['a'], fillvalue='x') | list": "[(1, 'a'), (2, 'x')]",
    "[1, 2] | select('!=', 1) | list": "[2]",
    "[1, 2] | select('<', 2) | list": "[1]",
    "[1, 2] | select('<=', 1) | list": "[1]",
    "[1, 2] | select('==', 1) | list": "[1]",
    "[1, 2] | select('>', 1) | list": "[2]",
    "[1, 2] | select('>=', 2) | list": "[2]",
    "[true, true] is all": "True",
    "[false, true] is any": "True",
    "true is boolean": "True",
    "[1] is contains(1)": "True",
    "1 is defined": "True",
    "4 is divisibleby(2)": "True",
    "1 is eq(1)": "True",
    "1 is equalto(2)": "False",
    "2 is even": "True",
    "false is false": "True",
    "'' is falsy": "True",
    "1.5 is float": "True",
    "1 is ge(1)": "True",
    "2 is greaterthan(1)": "True",
    "1 is gt(1)": "False",
    "1 is in([1])": "True",
    "1 is integer": "True",
    "1.5 is isnan": "False",
    "[1] is issubset([1, 2])": "True",
    "[1] is issuperset([1, 2])": "False",
    "'a' is iterable": "True",
    "1 is le(1)": "True",
    "1 is lessthan(1)": "False",
    "'a' is lower": "True",
    "1 is lt(2)": "True",
    "{} is mapping": "True",
    "'abc' is match('b')": "False",
    "1.5 is nan": "False",
    "1 is ne(1)": "False",
    "none is none": "True",
    "1 is number": "True",
    "1 is odd": "True",
    "'abc' is regex('B', ignorecase=true)": "True",
    "'abc' is search('b')": "True",
    "[1] is sequence": "True",
    "'a' is string": "True",
    "[1] is subset([1, 2])": "True",
    "[1, 2] is superset([1])": "True",
    "true is true": "True",
    "1 is truthy": "True",
    "1 is undefined": "False",
    "'A' is upper": "True",
    "'1.10' is version('1.9', '>')": "True",
    "'1.10' is version_compare('1.9', '<')": "False",
    "'aB'.capitalize()": "Ab",
    "'ß'.casefold()": "ss",
    "'aba'.count('a')": "2",
    "'abc'.endswith('c')": "True",
    "'abc'.find('c')": "2",
    "{'a': 1}.get('b', 2)": "2",
    "'abc'.index('b')": "1",
    "'a1'.isalnum()": "True",
    "'a1'.isalpha()": "False",
    "'1'.isdigit()": "True",
    "'a'.islower()": "True",
    "'1'.isnumeric()": "True",
    "' '.isspace()": "True",
    "'A'.isupper()": "True",
    "{'a': 1}.items() | list": "[('a', 1)]",
    "'-'.join(['a', 'b'])": "a-b",
    "{'a': 1}.keys() | list": "['a']",
    "'a'.ljust(3, '.')": "a..",
    "'AB'.lower()": "ab",
    "' a '.lstrip()": "a ",
    "'a-b-c'.partition('-')": "('a', '-', 'b-c')",
    "'abc'.removeprefix('a')": "bc",
    "'abc'.removesuffix('c')": "ab",
    "'aba'.replace('a', 'x')": "xbx",
    "'aba'.rfind('a')": "2",
    "'a'.rjust(3, '.')": "..a",
    "'a-b-c'.rpartition('-')": "('a-b', '-', 'c')",
    "'a-b-c'.rsplit('-', 1)": "['a-b', 'c']",
    "' a '.rstrip()": " a",
    "'a b'.split()": "['a', 'b']",
    "lines.splitlines()": "['a', 'b']",
    "'abc'.startswith('a')": "True",
    "'xax'.strip('x')": "a",
    "'aB'.swapcase()": "Ab",
    "'a b'.title()": "A B",
    "'a'.upper()": "A",
    "{'a': 1}.values() | list": "[1]",
    "'7'.zfill(3)": "007",
}


@pytest.fixture(scope="module")
def values() -> dict[str, Any]:
    """What the examples give."""
    compose = {f"v{number}": f"'=' ~ ({text})" for number, text in enumerate(EXAMPLES)}
    instance = {"id": 1, "name": "A", "lines": "a\nb", "path": "C:\\a\\b.c"}
    (variables,) = Populated(
        [instance], compose=compose, strict=True, grouping="plain"
    ).hosts.values()
    return {text: variables[f"v{number}"][1:] for number, text in enumerate(EXAMPLES)}


def test_they_do_what_they_did(values: dict[str, Any]) -> None:
    wrong = {text: value for text, value in values.items() if value != EXAMPLES[text]}
    assert not wrong


def test_there_is_an_example_of_each() -> None:
    filters, tests, methods = set(), set(), set()
    for text in EXAMPLES:
        assert dependencies_of_expression(text).names is not None, text
        tree = Environment().parse(f"{{{{ {text} }}}}")
        filters |= {node.name for node in tree.find_all(nodes.Filter)}
        tests |= {node.name for node in tree.find_all(nodes.Test)}
        for call in tree.find_all(nodes.Call):
            assert isinstance(call.node, nodes.Getattr)
            methods.add(call.node.attr)
    # `select('==', 1)`: what can't be written after `is`.
    operators = {test for test in PURE_TESTS if any(f"('{test}'" in text for text in EXAMPLES)}
    assert filters == PURE_FILTERS
    assert tests | operators == PURE_TESTS
    assert methods == PURE_METHODS
