# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor grouping, private to the collection. `compose`, `groups` and `keyed_groups` with Ansible's exact meaning, without its cost per host.

Ansible's own code decides what an entry does to a host. As the same entry and the same values always lead to the same
decision, it is asked once for each distinct input, and its decision is applied to all hosts that share it. Plain paths
in `compose` are looked up natively. What may depend on more than variables is asked for every host.
"""

from __future__ import annotations

import contextlib
import typing as t

from ansible import constants as C
from ansible.errors import AnsibleError, AnsibleParserError
from ansible.plugins.inventory import Constructable
from jinja2 import TemplateError

from ..trust import TRUST_IS_GIVEN, as_data, trust_harmless
from .expressions import (
    IMPURE,
    MISSING,
    Dependencies,
    Key,
    dependencies_of_expression,
    dependencies_of_template,
    follow,
    is_constant,
)
from .hostvars import Fields, HostVariables, Variables

REMEMBERED = 20_000  # decisions per entry
# Before 2.19, with jinja2_native, Ansible evaluates text as Python: nothing is as simple as it looks.
_GUESSES_TYPES = bool(getattr(C, "DEFAULT_JINJA2_NATIVE", False)) and not TRUST_IS_GIVEN
_SCALARS = (str, bool, int, float, type(None))
# Names of groups that mean something else: in a pattern, to the group of all, or in what ansible-inventory lists.
_RESERVED_GROUPS = frozenset({"all", "ungrouped", "localhost", "_meta"})


class ConstructableAdapter:
    """Ansible's own code, one entry and one host at a time, with this object in the place of the inventory.

    Groups and their parents are made at once, as Ansible would; what the host joins or gets is written down.
    """

    def __init__(self, plugin: t.Any) -> None:
        self.display = plugin.display
        self.templar = plugin.templar
        self.get_option = plugin.get_option
        self.inventory = self
        self._vars = plugin._vars
        self._sanitize_group_name = plugin._sanitize_group_name
        self._inventory = plugin.inventory
        self._compiled = _CompileOnce(plugin.templar)
        self._by_key = False
        self._joined: list[str] = []
        self._composed: t.Any = MISSING

    # -- what Ansible's code calls --

    def add_group(self, name: str) -> str:
        return self._inventory.add_group(name)

    def add_host(self, host: str, group: str) -> None:
        if group in _RESERVED_GROUPS:
            raise _reserved(group)
        self._joined.append(group)

    def add_child(self, group: str, child: str) -> None:
        if self._by_key:
            if group in _RESERVED_GROUPS - {"all"}:
                raise _reserved(group)
            self._inventory.add_child(group, child)  # a parent; hosts come through add_host
        else:
            self._joined.append(group)

    def set_variable(self, host: str, name: str, value: t.Any) -> None:
        self._composed = value

    def _compose(self, template: t.Any, variables: Variables, *rest: t.Any) -> t.Any:
        value = Constructable._compose(self, template, variables)
        # Ansible drops the whole source over a number; it groups by its text here.
        return str(value) if self._by_key and isinstance(value, int) else value

    # -- what is asked of it --

    def value(
        self, name: str, expression: t.Any, variables: Variables, host: str, strict: bool
    ) -> t.Any:
        """What `compose` sets `name` to; MISSING when it sets nothing."""
        self._composed = MISSING
        with self._compiled("value"):
            Constructable._set_composite_vars(self, {name: expression}, variables, host, strict)
        return self._composed

    def joined(
        self, name: str, conditional: t.Any, variables: Variables, host: str, strict: bool
    ) -> list[t.Any]:
        """The group that an entry of `groups` puts the host into, if any."""
        self._joined = []
        with self._compiled("conditional"):
            Constructable._add_host_to_composed_groups(
                self, {name: conditional}, variables, host, strict, fetch_hostvars=False
            )
        return [self._inventory.groups[group] for group in self._joined]

    def keyed(self, entry: t.Any, variables: Variables, host: str, strict: bool) -> list[t.Any]:
        """The groups that an entry of `keyed_groups` puts the host into."""
        self._joined = []
        self._by_key = True
        try:
            with self._compiled("value"):
                Constructable._add_host_to_keyed_groups(
                    self, [entry], variables, host, strict, fetch_hostvars=False
                )
        finally:
            self._by_key = False
        return [self._inventory.groups[group] for group in self._joined]

    def wrong_with(self, expression: str) -> str | None:
        """Why an expression can't be evaluated for any host."""
        try:
            self._compiled.environment.from_string(f"{{{{{expression}}}}}")
        except TemplateError as error:
            return str(error).rstrip(".")
        return None

    def holds(self, conditional: t.Any, variables: Variables) -> bool:
        """Whether a condition is met. Raises AnsibleError when that can't be told."""
        probe = ConditionProbe(self)
        with self._compiled("conditional"):
            Constructable._add_host_to_composed_groups(
                probe, {"met": conditional}, variables, "", True, fetch_hostvars=False
            )
        return probe.met


def _reserved(group: str) -> AnsibleParserError:
    return AnsibleParserError(
        f"keyed_groups makes a group '{group}', a name that means something else to Ansible: give it a prefix."
    )


class ConditionProbe:
    """Stands in for the inventory where only the outcome of a condition is wanted."""

    def __init__(self, adapter: ConstructableAdapter) -> None:
        self.templar = adapter.templar
        self.inventory = self
        self._sanitize_group_name = adapter._sanitize_group_name
        self.met = False

    def add_group(self, name: str) -> str:
        return name

    def add_child(self, group: str, child: str) -> None:
        self.met = True


class _CompileOnce:
    """Lets the templar's environment compile each source once.

    Only the outermost compilation of a call is remembered: what it renders in turn may come from anywhere.
    """

    def __init__(self, templar: t.Any) -> None:
        try:  # ansible-core 2.19 and later
            self.environment, self._method = templar._engine.environment, "compile_expression"
        except AttributeError:
            self.environment, self._method = templar.environment, "from_string"
        self._known: dict[tuple[str, str], t.Any] = {}

    @contextlib.contextmanager
    def __call__(self, kind: str) -> t.Iterator[None]:
        environment = self.environment

        def compile_once(source: str, *args: t.Any, **kwargs: t.Any) -> t.Any:
            del environment.__dict__[self._method]
            known = self._known.get((kind, source))
            if known is None:
                known = getattr(environment, self._method)(source, *args, **kwargs)
                self._known[kind, source] = known
            return known

        environment.__dict__[self._method] = compile_once
        try:
            yield
        finally:
            environment.__dict__.pop(self._method, None)


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


def dependencies_of(expression: t.Any) -> Dependencies:
    return dependencies_of_expression(str(expression)) if isinstance(expression, str) else IMPURE


class Grouping:
    """The entries of a source, applied to its hosts one after the other."""

    def __init__(
        self,
        plugin: t.Any,
        adapter: ConstructableAdapter,
        *,
        compose: t.Any,
        groups: t.Any,
        keyed_groups: t.Any,
        strict: bool,
        extra: Variables,
    ) -> None:
        self._extra = extra
        self._strict = strict
        self._adapter = adapter
        self._valid_names: set[str] = set()
        self._compose = [
            (name, ValueRule(dependencies_of(expression), self._decide_value(name, expression)))
            for name, expression in (compose or {}).items()
        ]
        self._groups = [
            Rule(dependencies_of(conditional), self._decide_group(name, conditional))
            for name, conditional in (groups or {}).items()
        ]
        self._keyed = [
            Rule(_dependencies_of_keyed(entry), self._decide_keyed(entry))
            for entry in keyed_groups or []
        ]

    def _decide_value(self, name: str, expression: t.Any) -> t.Callable[[Variables, str], t.Any]:
        # A template that the user wrote out is executed later, as the user means it; one that holds data never is.
        mark = trust_harmless if is_constant(expression) else as_data
        return lambda variables, host: mark(
            self._adapter.value(name, expression, variables, host, self._strict)
        )

    def _decide_group(self, name: str, conditional: t.Any) -> t.Callable[[Variables, str], t.Any]:
        return lambda variables, host: _Groups(
            self._adapter.joined(name, conditional, variables, host, self._strict)
        )

    def _decide_keyed(self, entry: t.Any) -> t.Callable[[Variables, str], t.Any]:
        return lambda variables, host: _Groups(
            self._adapter.keyed(entry, variables, host, self._strict)
        )

    def apply(self, host: t.Any, fields: Fields) -> None:
        """Sets the host's composed variables and puts it into its groups."""
        hostvars = HostVariables(fields, host.vars, host.get_magic_vars)
        if self._compose:
            hostvars.extra = self._extra
            # None sees another's result.
            composed = [(name, rule.outcome(hostvars, host.name)) for name, rule in self._compose]
            for name, value in composed:
                if value is not MISSING:
                    self._set(host, name, value)
            hostvars.variables = host.vars
        hostvars.extra = {}  # Ansible doesn't show them to `groups`
        joined = [rule.outcome(hostvars, host.name) for rule in self._groups]  # as with `compose`
        for groups in joined:
            for group in groups:
                group.add_host(host)
        hostvars.extra = self._extra
        for rule in self._keyed:
            for group in rule.outcome(hostvars, host.name):
                group.add_host(host)

    def _set(self, host: t.Any, name: str, value: t.Any) -> None:
        """As `Host.set_variable` does, which also checks the name each time."""
        if name in self._valid_names and name not in host.vars:
            host.vars[name] = value
        else:
            host.set_variable(name, value)
            self._valid_names.add(name)


def _dependencies_of_keyed(entry: t.Any) -> Dependencies:
    if not isinstance(entry, dict):
        return IMPURE
    parent = entry.get("parent_group")
    key = dependencies_of(entry.get("key"))
    if parent is None:
        return key
    return key | dependencies_of_template(str(parent)) if isinstance(parent, str) else IMPURE


def evaluate(adapter: ConstructableAdapter, expression: str, name: str, strict: bool) -> ValueRule:
    """A rule for the value of an expression; MISSING, or with `strict` an error, when it has none."""
    return ValueRule(
        dependencies_of(expression),
        lambda variables, host: adapter.value(name, expression, variables, host, strict),
    )


def condition(adapter: ConstructableAdapter, conditional: t.Any, where: str) -> Rule:
    """A rule for whether a condition is met. One that can't be evaluated is an error: guessing could lose hosts."""

    def decide(variables: Variables, host: str) -> bool:
        try:
            return adapter.holds(conditional, variables)
        except AnsibleError as error:
            cause = error.__cause__ or error.__context__ or error
            raise AnsibleError(
                f"{where}: '{conditional}' can't be evaluated for {host}: {cause}"
            ) from None

    return Rule(dependencies_of(conditional), decide)
