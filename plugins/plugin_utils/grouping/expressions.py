# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor grouping, private to the collection. What a Jinja expression depends on, so that its result can be remembered.

A pure expression's result depends on nothing but the variables that it names. What isn't known to be pure counts as
impure: better to ask Ansible once too often.
"""

from __future__ import annotations

import functools
import json
import typing as t
from dataclasses import dataclass

from jinja2 import Environment, TemplateError, nodes

from ..trust import can_be_template
from .hostvars import MISSING

Lookup = t.Callable[[str], t.Any]
Key = t.Hashable

# Filters and tests whose result depends on their input alone: Jinja2's own (release 3.1) and those of
# ansible.builtin (filter/core, mathstuff, urls, urlsplit; test/core, mathstuff), read in ansible-core 2.16 to 2.21.
# tests/unit/plugin_utils/grouping/test_pure_filters.py fails when a release changes one. Left out on purpose: what asks
# the clock, the machine, a file or chance (now, strftime, expanduser, realpath, random, shuffle, password_hash, ...).
PURE_FILTERS = frozenset(
    """abs b64decode b64encode basename batch bool capitalize center checksum combinations combine count d default
    dict2items dictsort difference dirname e escape extract filesizeformat first flatten float format from_json
    from_yaml groupby hash human_readable human_to_bytes indent int intersect items items2dict join last length list
    log lower mandatory map max md5 min path_join permutations pow product quote regex_escape regex_findall
    regex_replace regex_search reject rejectattr rekey_on_member replace reverse root round select selectattr sha1
    slice sort split splitext string subelements sum symmetric_difference ternary title to_datetime to_json
    to_nice_json to_nice_yaml to_uuid to_yaml tojson trim truncate union unique upper urldecode urlencode urlsplit
    win_basename win_dirname win_splitdrive wordcount wordwrap zip zip_longest""".split()
)
PURE_TESTS = frozenset(
    """!= < <= == > >= all any boolean contains defined divisibleby eq equalto even false falsy float ge greaterthan
    gt in integer isnan issubset issuperset iterable le lessthan lower lt mapping match nan ne none number odd regex
    search sequence string subset superset true truthy undefined upper version version_compare""".split()
)
# Filters with an argument that names another filter or test: which argument, and what it may name.
_APPLYING = {
    "map": (0, PURE_FILTERS),
    **dict.fromkeys(("select", "reject"), (0, PURE_TESTS)),
    **dict.fromkeys(("selectattr", "rejectattr"), (1, PURE_TESTS)),
}
# Of Python's str and dict (and list, which has count and index), from 3.10 to 3.14.
PURE_METHODS = frozenset(
    """capitalize casefold count endswith find get index isalnum isalpha isdigit islower isnumeric isspace isupper
    items join keys ljust lower lstrip partition removeprefix removesuffix replace rfind rjust rpartition rsplit
    rstrip split splitlines startswith strip swapcase title upper values zfill""".split()
)
# Names that mean something without being a host's variable, or more than one.
NOT_VARIABLES = frozenset(
    """caller context cycler dict groups hostvars joiner lipsum lookup loop namespace now omit play_hosts q query
    range self super undef varargs kwargs vars""".split()
)
_PURE_NODES = tuple(
    getattr(nodes, name)
    for name in """Add And Compare Concat CondExpr Dict Div FloorDiv Keyword List Mod Mul Neg Not Operand Or Output Pair
    Pos Pow Slice Sub Template TemplateData Tuple""".split()
)
# `a.items` is the method of a dictionary, whatever its keys are.
_ATTRIBUTES = frozenset(
    attribute for kind in (dict, list, str, int, float, bool, bytes) for attribute in dir(kind)
)


@dataclass(frozen=True)
class Dependencies:
    """`path`: a plain path such as `region.id`. `names`: all variables that a pure expression needs, None: impure."""

    names: tuple[str, ...] | None
    path: tuple[str | int, ...] | None = None

    def key(self, lookup: Lookup) -> Key | None:
        """What the result depends on, to be compared by equality. None when that can't be told."""
        if self.names is None:
            return None
        try:
            if self.path is not None:
                key = _path_key(self.path, lookup(self.path[0]))  # type: ignore[arg-type]
                if key is not None:
                    return key
            return tuple(frozen(lookup(name)) for name in self.names)
        except (TypeError, ValueError, RecursionError):  # a value that isn't plain JSON
            return None

    def __or__(self, other: Dependencies) -> Dependencies:
        if self.names is None or other.names is None:
            return IMPURE
        if not other.names:
            return self
        return Dependencies(tuple(dict.fromkeys(self.names + other.names)))


IMPURE = Dependencies(None)
CONSTANT = Dependencies(())


def frozen(value: t.Any) -> Key:
    """Equal for equal JSON values only: 1, 1.0, True and "1" differ, and so does the order of keys."""
    if isinstance(value, str):
        return value
    if value is None or value is MISSING:
        return (value,)
    return (None, json.dumps(value))


def follow(path: t.Sequence[str | int], value: t.Any) -> t.Any:
    """The value at the end of a plain path as Jinja finds it; MISSING when this can't be told from here."""
    for step in path:
        if isinstance(value, dict) and isinstance(step, str) and step in value:
            value = value[step]
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return MISSING
    return value


def _path_key(path: t.Sequence[str | int], value: t.Any) -> Key | None:
    """Only the value at the end matters, or where the path ends early. None when that isn't simple."""
    if value is MISSING:
        return (MISSING, 0)
    for depth, step in enumerate(path[1:]):
        if isinstance(value, dict) and isinstance(step, str):
            if step not in value:
                return (MISSING, depth, dict)
            value = value[step]
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        elif value is None:
            return (MISSING, depth, None)
        else:
            return None
    return frozen(value)


@functools.lru_cache(maxsize=1024)
def dependencies_of_expression(text: str) -> Dependencies:
    """How to remember the expression `text` (without delimiters)."""
    return _dependencies_in("{{" + text + "}}")


@functools.lru_cache(maxsize=1024)
def dependencies_of_template(text: str) -> Dependencies:
    """How to remember what the template `text` becomes."""
    return _dependencies_in(text) if can_be_template(text) else CONSTANT


def _dependencies_in(template: str) -> Dependencies:
    try:
        tree = Environment().parse(template)
    except (TemplateError, RecursionError, ValueError):
        return IMPURE  # Ansible will say what is wrong with it
    names: dict[str, None] = {}
    if not all(_is_pure(node, names) for node in tree.body):
        return IMPURE
    parts = [part for output in tree.body for part in output.iter_child_nodes()]
    return Dependencies(tuple(names), _plain_path(parts[0]) if len(parts) == 1 else None)


def _is_pure(node: nodes.Node, names: dict[str, None]) -> bool:
    """Whether the result depends on nothing but the variables, which are added to `names`."""
    if isinstance(node, nodes.Name):
        if node.name in NOT_VARIABLES or node.ctx != "load":
            return False
        names[node.name] = None
        return True
    if isinstance(node, nodes.Const):
        return not (isinstance(node.value, str) and can_be_template(node.value))
    if isinstance(node, nodes.Getattr):
        if node.attr.startswith("_") or node.attr in _ATTRIBUTES:
            return False
    elif isinstance(node, nodes.Getitem):
        if isinstance(node.arg, nodes.Const) and node.arg.value in _ATTRIBUTES:
            return False  # where there is no such key, it is the method all the same
    elif isinstance(node, nodes.Call):
        method = node.node
        if not isinstance(method, nodes.Getattr) or method.attr not in PURE_METHODS:
            return False
        rest = [method.node, *node.args, *node.kwargs, node.dyn_args, node.dyn_kwargs]
        return all(_is_pure(child, names) for child in rest if child is not None)
    elif isinstance(node, nodes.Filter):
        if not _is_pure_filter(node):
            return False
    elif isinstance(node, nodes.Test):
        if _short(node.name) not in PURE_TESTS:
            return False
    elif not isinstance(node, _PURE_NODES):
        return False
    return all(_is_pure(child, names) for child in node.iter_child_nodes())


def _short(name: str) -> str:
    return name.removeprefix("ansible.builtin.")


def _is_pure_filter(node: nodes.Filter) -> bool:
    name = _short(node.name)
    if name not in PURE_FILTERS or node.dyn_args is not None or node.dyn_kwargs is not None:
        return False
    place, allowed = _APPLYING.get(name, (len(node.args), PURE_TESTS))
    return all(
        isinstance(applied, nodes.Const) and _short(str(applied.value)) in allowed
        for applied in node.args[place : place + 1]
    )


def _plain_path(node: nodes.Node) -> tuple[str | int, ...] | None:
    """`a`, `a.b`, `a['b']`, `a[0]` and what is made of them."""
    steps: list[str | int] = []
    while True:
        if isinstance(node, nodes.Name):
            steps.append(node.name)
            return tuple(reversed(steps))
        if isinstance(node, nodes.Getattr):
            steps.append(node.attr)
        elif isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const):
            step = node.arg.value
            if isinstance(step, bool) or not (
                isinstance(step, str) or (isinstance(step, int) and step >= 0)
            ):
                return None
            steps.append(step)
        else:
            return None
        node = node.node
