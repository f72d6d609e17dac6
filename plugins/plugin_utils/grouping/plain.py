# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor grouping, private to the collection. What expressions do to hosts, by Ansible's own code, asked anew for each host.

That code meets `PlainGrouping` in the place of the inventory, so what is refused or marked as data is so here, for all ways of grouping.
"""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleError, AnsibleParserError
from ansible.plugins.inventory import BaseInventoryPlugin, Constructable
from ansible.utils.vars import combine_vars
from jinja2 import Environment, TemplateError

from ..trust import TRUST_IS_GIVEN, as_data, is_constant, trust_harmless
from .hostvars import MISSING, Fields, Variables

Decide = t.Callable[[Variables, str], t.Any]  # of all variables and the name that an error tells
Ask = t.Callable[
    [Fields, Variables, str], t.Any
]  # of an instance, its magic variables and that name

# Names of groups that mean something else: in a pattern, to the group of all, or in what ansible-inventory lists.
_RESERVED_GROUPS = frozenset({"all", "ungrouped", "localhost", "_meta"})


class PlainGrouping(BaseInventoryPlugin, Constructable):  # type: ignore[misc]
    """The expressions of a source."""

    def __init__(self, plugin: t.Any) -> None:
        super().__init__()
        self.display, self.templar, self._vars = plugin.display, plugin.templar, plugin._vars
        self.get_option = plugin.get_option
        self._sanitize_group_name = plugin._sanitize_group_name
        self._inventory = plugin.inventory
        self.inventory: t.Any = self
        self._strict: bool = plugin.get_option("strict")
        compose = plugin.get_option("compose") or {}
        self._constants = {name for name, text in compose.items() if is_constant(text)}
        self._by_key = False

    def apply(self, host: t.Any, fields: Fields) -> None:
        """Sets the host's composed variables and puts it into its groups."""
        self._host, name = host, host.name
        option, strict, known = self.get_option, self._strict, fields.unprefixed()
        variables = combine_vars(known, host.get_vars())
        self._set_composite_vars(option("compose"), variables, name, strict)
        # For these Ansible adds the host's variables, what was composed among them.
        self._add_host_to_composed_groups(option("groups"), known, name, strict)
        self._add_host_to_keyed_groups(option("keyed_groups"), known, name, strict)

    def evaluation(self, expression: str, what: str) -> Ask:
        """Finds the value of an expression; MISSING, or with `strict` an error, when it has none."""
        return self._asking(
            expression, lambda variables, name: self._value(what, expression, variables, name), True
        )

    def condition(self, conditional: t.Any, where: str) -> Ask:
        """Tells whether a condition is met. One that can't be evaluated is an error: guessing could lose hosts."""

        def decide(variables: Variables, name: str) -> bool:
            try:
                return self._is_met(conditional, variables)
            except AnsibleError as error:
                cause = error.__cause__ or error.__context__ or error
                raise AnsibleError(
                    f"{where}: '{conditional}' can't be evaluated for {name}: {cause}"
                ) from None

        return self._asking(conditional, decide)

    def wrong_with(self, expression: str) -> str | None:
        """Why an expression can't be evaluated for any host."""
        environment = environment_of(self.templar)
        check = Environment().parse if environment is None else environment.from_string
        try:
            check(f"{{{{{expression}}}}}")
        except TemplateError as error:
            return str(error).rstrip(".")
        return None

    # -- how Ansible is asked --

    def _asking(self, expression: t.Any, decide: Decide, is_value: bool = False) -> Ask:
        """What `decide` says of an instance that is no host yet."""
        return lambda fields, magic, name: decide(fields.everything(fields.variables, magic), name)

    def _value(self, name: str, expression: t.Any, variables: Variables, host: str) -> t.Any:
        """What `compose` would set `name` to; MISSING when it would set nothing."""
        ask = self._set_composite_vars
        return self._answer(ask, {name: expression}, variables, host, self._strict)

    def _is_met(self, conditional: t.Any, variables: Variables) -> bool:
        ask, entry = self._add_host_to_composed_groups, {"met": conditional}
        return self._answer(ask, entry, variables, "", True, fetch_hostvars=False) is True

    def _answer(self, ask: t.Callable[..., None], *what: t.Any, **more: t.Any) -> t.Any:
        answer = self.inventory = _Answer()
        try:
            ask(*what, **more)
        finally:
            self.inventory = self
        return answer.value

    def _compose(self, template: t.Any, variables: Variables, *rest: t.Any) -> t.Any:
        value = super()._compose(template, variables)
        # Ansible drops the whole source over a number; it groups by its text here.
        return str(value) if self._by_key and isinstance(value, int) else value

    def _add_host_to_keyed_groups(self, *what: t.Any, **more: t.Any) -> None:
        self._by_key = True
        super()._add_host_to_keyed_groups(*what, **more)
        self._by_key = False

    # -- the inventory that Ansible's code sees --

    def get_host(self, host: str) -> t.Any:
        return self._host

    def set_variable(self, host: str, name: str, value: t.Any) -> None:
        self._host.set_variable(name, self._marked(name, value))

    def _marked(self, name: str, value: t.Any) -> t.Any:
        """A template that the user wrote out is executed later, as the user means it; one that holds data never is."""
        return trust_harmless(value) if name in self._constants else as_data(value)

    def add_group(self, group: str) -> str:
        return self._inventory.add_group(group)

    def add_host(self, host: str, group: str) -> None:
        _check(group, _RESERVED_GROUPS)
        self._join(group)

    def add_child(self, group: str, child: str) -> None:
        if self._by_key:
            _check(group, _RESERVED_GROUPS - {"all"})  # a parent, of all groups if that is wanted
            self._inventory.add_child(group, child)
        else:
            self._join(group)  # the child is the host

    def _join(self, group: str) -> None:
        self._inventory.groups[group].add_host(self._host)


class _Answer:
    """In the place of the inventory where only what an expression says is wanted."""

    value: t.Any = MISSING

    def set_variable(self, host: str, name: str, value: t.Any) -> None:
        self.value = value

    def add_group(self, group: str) -> str:
        return group

    def add_child(self, group: str, child: str) -> None:
        self.value = True


def _check(group: str, reserved: t.Container[str]) -> None:
    if group in reserved:
        raise AnsibleParserError(
            f"keyed_groups makes a group '{group}', a name that means something else to Ansible: give it a prefix."
        )


def environment_of(templar: t.Any) -> t.Any:
    """Ansible's Jinja environment; None when this release of it has it in a place that isn't known."""
    holder = getattr(templar, "_engine", None) if TRUST_IS_GIVEN else templar
    return getattr(holder, "environment", None)
