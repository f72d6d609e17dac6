# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor grouping, private to the collection. `compose`, `groups` and `keyed_groups` with Ansible's exact meaning, without its cost per host.

As the same entry and the same values always lead to the same decision, Ansible is asked once for each distinct input, and its
decision is applied to all hosts that share it. Plain paths in `compose` are looked up natively. What may depend on more than
variables is asked for every host. Without this file and `expressions.py`, `plain.py` does the same.
"""

from __future__ import annotations

import contextlib
import typing as t

from ansible import constants as C

from ..trust import TRUST_IS_GIVEN, can_be_template, trust_harmless
from .expressions import (
    IMPURE,
    Dependencies,
    Key,
    dependencies_of_expression,
    dependencies_of_template,
    follow,
)
from .hostvars import MISSING, Fields, Variables
from .plain import Ask, Decide, PlainGrouping, environment_of

REMEMBERED = 20_000  # decisions per entry
# Before 2.19, with jinja2_native, Ansible evaluates text as Python: nothing is as simple as it looks.
_GUESSES_TYPES = bool(getattr(C, "DEFAULT_JINJA2_NATIVE", False)) and not TRUST_IS_GIVEN
_SCALARS = (str, bool, int, float, type(None))
MAGIC = frozenset({"inventory_hostname", "inventory_hostname_short", "group_names"})
_MERGE = C.DEFAULT_HASH_BEHAVIOUR == "merge"


class FastGrouping(PlainGrouping):
    """Asks as the plain one does, one entry at a time, and remembers the answers."""

    def __init__(self, plugin: t.Any) -> None:
        super().__init__(plugin)
        compose, groups, keyed = map(self.get_option, ("compose", "groups", "keyed_groups"))
        self._extra: Variables = plugin._vars if plugin.get_option("use_extra_vars") else {}
        self._compiled = _CompileOnce(plugin.templar)
        self._joined = _Groups()
        self._compose_rules = [
            (name, ValueRule(dependencies_of(expression), self._composing(name, expression)))
            for name, expression in (compose or {}).items()
        ]
        to_composed, to_keyed = self._add_host_to_composed_groups, self._add_host_to_keyed_groups
        self._group_rules = [
            Rule(dependencies_of(conditional), self._joining(to_composed, {name: conditional}))
            for name, conditional in (groups or {}).items()
        ]
        self._keyed_rules = [
            Rule(_dependencies_of_keyed(entry), self._joining(to_keyed, [entry]))
            for entry in keyed or []
        ]

    def check(self) -> None:
        """Raises an exception where this release of Ansible doesn't do with a sample what this class relies on."""
        for value in ("a", "b"):
            variables = {"itcare_sample": value}
            text = self._value("sample", trust_harmless("itcare_sample ~ '!'"), variables, "")
            is_a = self._is_met(trust_harmless("itcare_sample == 'a'"), variables)
            if (text, is_a) != (f"{value}!", value == "a"):
                raise ValueError(f"a sample gives {text!r}, {is_a}")
        if len(self._compiled.known) != 2:
            raise ValueError("a sample isn't compiled where it was before")
        self._joining(self._add_host_to_keyed_groups, [])({}, "")

    def _composing(self, name: str, expression: t.Any) -> Decide:
        return lambda variables, host: self._marked(
            name, self._value(name, expression, variables, host)
        )

    def _joining(self, ask: t.Callable[..., None], entries: t.Any) -> Decide:
        """Tells which groups the entries put a host into. They and their parents are made at once, as Ansible would."""

        def decide(variables: Variables, host: str) -> _Groups:
            self._joined = _Groups()
            ask(entries, variables, host, self._strict, fetch_hostvars=False)
            return self._joined

        return decide

    def _join(self, group: str) -> None:
        self._joined.append(self._inventory.groups[group])

    def apply(self, host: t.Any, fields: Fields) -> None:
        hostvars = HostVariables(fields, host.vars, host.get_magic_vars)
        if self._compose_rules:
            hostvars.extra = self._extra
            # None sees another's result.
            composed = [
                (name, rule.outcome(hostvars, host.name)) for name, rule in self._compose_rules
            ]
            for name, value in composed:
                # What is there already, such as an ansible_host of ip_address, needn't be checked and set again.
                if value is not MISSING and host.vars.get(name, MISSING) is not value:
                    host.set_variable(name, value)
            hostvars.variables = host.vars
        hostvars.extra = {}  # Ansible doesn't show them to `groups`
        joined = [rule.outcome(hostvars, host.name) for rule in self._group_rules]  # as `compose`
        for groups in joined:
            for group in groups:
                group.add_host(host)
        hostvars.extra = self._extra
        for rule in self._keyed_rules:
            for group in rule.outcome(hostvars, host.name):
                group.add_host(host)

    def _asking(self, expression: t.Any, decide: Decide, is_value: bool = False) -> Ask:
        rule = (ValueRule if is_value else Rule)(dependencies_of(expression), decide)
        return lambda fields, magic, name: rule.outcome(
            HostVariables(fields, fields.variables, lambda: magic), name
        )

    def _compose(self, template: t.Any, variables: Variables, *rest: t.Any) -> t.Any:
        with self._compiled("value"):
            return super()._compose(template, variables)

    def _add_host_to_composed_groups(self, *what: t.Any, **more: t.Any) -> None:
        with self._compiled("conditional"):
            super()._add_host_to_composed_groups(*what, **more)


def dependencies_of(expression: t.Any) -> Dependencies:
    return dependencies_of_expression(str(expression)) if isinstance(expression, str) else IMPURE


def _dependencies_of_keyed(entry: t.Any) -> Dependencies:
    if not isinstance(entry, dict):
        return IMPURE
    parent = entry.get("parent_group")
    key = dependencies_of(entry.get("key"))
    if parent is None:
        return key
    return key | dependencies_of_template(str(parent)) if isinstance(parent, str) else IMPURE


class _CompileOnce:
    """Lets the templar's environment compile each source once.

    Only the outermost compilation of a call is remembered: what it renders in turn may come from anywhere.
    """

    def __init__(self, templar: t.Any) -> None:
        self._environment = environment_of(templar)
        self._method = "compile_expression" if TRUST_IS_GIVEN else "from_string"
        self.known: dict[tuple[str, str], t.Any] = {}

    @contextlib.contextmanager
    def __call__(self, kind: str) -> t.Iterator[None]:
        environment = self._environment

        def compile_once(source: str, *args: t.Any, **kwargs: t.Any) -> t.Any:
            del environment.__dict__[self._method]
            known = self.known.get((kind, source))
            if known is None:
                known = getattr(environment, self._method)(source, *args, **kwargs)
                self.known[kind, source] = known
            return known

        environment.__dict__[self._method] = compile_once
        try:
            yield
        finally:
            environment.__dict__.pop(self._method, None)


class HostVariables:
    """The variables that expressions about one host see: API fields, then its variables, then magic ones."""

    __slots__ = ("_fields", "_magic", "extra", "variables")

    def __init__(
        self, fields: Fields, variables: Variables, magic: t.Callable[[], Variables]
    ) -> None:
        self._fields = fields
        self._magic = magic
        self.variables = variables  # the host's by now, those of other sources included
        self.extra: Variables = {}  # extra variables, while they count

    def lookup(self, name: str) -> t.Any:
        """A variable's value or MISSING. Raises TypeError when it may hold templates, which need all variables."""
        if name in self.extra:
            return _plain(self.extra[name], no_mapping=_MERGE)
        if name in MAGIC:
            value = self._magic().get(name, MISSING)
            if value is not MISSING:
                return value
        value = self.variables.get(name, MISSING)
        if value is MISSING:
            return self._fields.get(name, MISSING)
        if value is self._fields.variables.get(name, MISSING):
            return value
        return _plain(value, no_mapping=_MERGE)

    def only(self, names: t.Iterable[str]) -> dict[str, t.Any]:
        """Just these variables."""
        found = ((name, self.lookup(name)) for name in names)
        return {name: value for name, value in found if value is not MISSING}

    def everything(self) -> dict[str, t.Any]:
        return self._fields.everything(self.variables, self._magic())


def _plain(value: t.Any, no_mapping: bool = False) -> t.Any:
    """`value` if it is JSON without templates."""
    if isinstance(value, str):
        plain = not can_be_template(value)
    elif isinstance(value, list):
        plain = all(_plain(item) is item for item in value)
    elif isinstance(value, dict):
        plain = not no_mapping and all(
            k.__class__ is str and _plain(v) is v for k, v in value.items()
        )
    else:
        plain = value is None or isinstance(value, (bool, int, float))
    if not plain:
        raise TypeError("not plain data")
    return value


class Rule:
    """One entry: what it does to a host, remembered by what it depends on."""

    def __init__(
        self, dependencies: Dependencies, decide: t.Callable[[Variables, str], t.Any]
    ) -> None:
        self.dependencies = dependencies
        self._decide = decide
        self._known: dict[Key, t.Any] = {}

    def outcome(self, hostvars: HostVariables, host: str) -> t.Any:
        key = self.dependencies.key(hostvars.lookup)
        if key is None:
            return self._decide(hostvars.everything(), host)
        try:
            return self._known[key]
        except KeyError:
            pass
        result = self._decide(hostvars.only(self.dependencies.names or ()), host)
        # A container could be changed through one host for all others.
        if len(self._known) < REMEMBERED and (isinstance(result, _Groups) or _is_scalar(result)):
            self._known[key] = result
        return result


class _Groups(list[t.Any]):
    """Groups to join: only read, so they may be shared."""


def _is_scalar(value: t.Any) -> bool:
    return value is MISSING or isinstance(value, _SCALARS)


class ValueRule(Rule):
    """An expression's value; plain paths to scalars are looked up natively."""

    def outcome(self, hostvars: HostVariables, host: str) -> t.Any:
        path = self.dependencies.path
        if path is not None:
            try:
                value = follow(path[1:], hostvars.lookup(path[0]))  # type: ignore[arg-type]
            except TypeError:
                value = MISSING
            if _is_itself(value):
                return value
        return super().outcome(hostvars, host)


def _is_itself(value: t.Any) -> bool:
    """Whether Ansible takes this scalar as it is. Releases before 2.19 make text of numbers, and guess at some text."""
    if TRUST_IS_GIVEN:
        return isinstance(value, _SCALARS)
    if _GUESSES_TYPES:
        return False
    if value.__class__ is str:  # not one that Ansible has marked
        return value[:1] not in ("{", "[") and value not in ("True", "False")
    return isinstance(value, bool)
