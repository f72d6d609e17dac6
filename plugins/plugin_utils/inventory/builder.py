# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor inventory, private to the collection. From a fleet to hosts and groups of an inventory."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleParserError

from ...module_utils.api.case import snake
from ...module_utils.api.errors import InputError
from ...module_utils.api.notices import shortened
from ..grouping.grouping import make_grouping
from ..grouping.hostvars import Fields
from ..grouping.plain import Ask
from ..trust import can_be_template
from .accounts import Account, AccountFleet
from .hostnames import HostNames, Names
from .hosts import address
from .missing import not_found, too_few
from .native_groups import NativeGroups, Value, native_value, tag_group
from .presence import Identity, NewHosts, Presence
from .translator import COMPUTED, Translator

# By tag and account, the ids of those that have it.
Tagged = dict[str, dict[str, frozenset[t.Any]]]
ROUNDS = 3  # of renaming; a group that still has a host's name is made of whatever that is


class InventoryBuilder:
    """Puts fleets into the inventory of a plugin, as the plugin's options say."""

    def __init__(self, plugin: t.Any) -> None:
        option = plugin.get_option
        self._warn: t.Callable[[str], None] = plugin.display.warning
        self._inventory = plugin.inventory
        self._safe_group_name: t.Callable[[str], str] = plugin._sanitize_group_name
        self._grouping = make_grouping(plugin)
        self._translator = Translator(option("hostvars_prefix"))
        self._new_hosts = NewHosts(self._inventory)
        self._presence = Presence(self._inventory, self._id_variables())
        self._chosen = self._chosen_variables(option("fields"))
        self._address: str = option("connection_address")
        self._group_by: list[str] = option("group_by")
        self._host_names = HostNames(option("hostnames"), self._grouping)
        self._names = Names(
            option("on_duplicate"), self._warn, self._presence, self._inventory.groups
        )
        self._host_filters: list[t.Any] = option("host_filters")
        self._filters = [self._filter(entry) for entry in self._host_filters]
        self._min_hosts: int = option("min_hosts")
        if self._filters and self._filters[-1][0]:
            raise InputError(
                "host_filters ends with an include, which can do nothing: an instance for which no filter is true becomes a "
                "host. To leave out all others, add the entry '- exclude: true'."
            )
        self._declared = self._declared_groups(option("groups"), option("keyed_groups"))
        # Only these groups have names that nobody knows before they are made.
        self._may_clash = bool(option("keyed_groups"))
        self._planned: dict[int, tuple[Fields, list[Value]]] = {}
        self._wanted: list[tuple[str, Identity]] = []  # preferred host name, instance
        self._refused: dict[str, str] = {}  # no address, by host

    def _chosen_variables(self, fields: list[str] | None) -> list[str] | None:
        """The variables to set; None for all."""
        self._unseen: set[str] = set()
        self._fields = [snake(str(field)) for field in fields or ()]
        if fields is None:
            return None
        chosen = [self._translator.variable_name(field) for field in self._fields]
        self._unseen.update(chosen)
        always = (*COMPUTED, "account")
        return [
            *chosen,
            *(self._translator.variable_name(name) for name in always),
            "ansible_host",
        ]

    def _filter(self, entry: t.Any) -> tuple[bool, Ask]:
        if isinstance(entry, dict) and len(entry) == 1:
            kind, conditional = next(iter(entry.items()))
            # Before 2.19 Ansible takes nothing for false, and a list for true.
            told = isinstance(conditional, bool) or (
                isinstance(conditional, str) and conditional.strip()
            )
            if kind in ("include", "exclude") and told:
                is_met = self._grouping.condition(conditional, f"host_filters.{kind}")
                return kind == "include", is_met
        raise InputError(
            f"host_filters takes entries such as 'exclude: expression', not {entry!r}."
        )

    def _id_variables(self) -> list[str]:
        """The variables that tell which instance a host is that isn't from this plugin."""
        own = self._translator.variable_name("id")
        return ["itcare_id"] if own in ("id", "itcare_id") else ["itcare_id", own]

    def _declared_groups(self, groups: t.Any, keyed_groups: t.Any) -> set[str]:
        """The names of groups that stand in the file."""
        names = [(name, "groups") for name in groups or ()]
        for entry in keyed_groups or ():
            parent = entry.get("parent_group") if isinstance(entry, dict) else None
            if parent is not None:
                names.append((parent, "keyed_groups.parent_group"))
        for name, option in names:
            if not isinstance(name, str) or not name.strip():
                raise InputError(f"{option} takes the name of a group, a text, not {name!r}.")
        return {self._safe_group_name(name) for name, _option in names if not can_be_template(name)}

    def add(self, found: t.Sequence[AccountFleet]) -> None:
        """Adds everything. What fails, fails before the first host or is taken back by the caller."""
        for text in not_found(found):
            self._warn(text)
        values: dict[Value, Value] = {}  # each once in memory
        for one in found:
            self._plan(one.account, one.fleet.instances, values)
        self._host_names.check(sum(len(one.fleet.instances) for one in found))
        hosts = [identity for _name, identity in self._wanted]
        problem = too_few(found, hosts, self._min_hosts, self._host_filters)
        if problem:
            raise AnsibleParserError(problem)
        self._native = NativeGroups(values, self._safe_group_name, self._inventory)
        before = set(self._inventory.groups)
        tagged = _tagged(found)
        self._tagged = [
            (tag_group(self._inventory, tag, self._safe_group_name), ids)
            for tag, ids in tagged.items()
        ]
        reserved = {*self._native.names.values(), *self._declared}
        names = self._names.assign(self._wanted, reserved)
        self._warn_of_empty_tags(tagged, names)
        ours = reserved | {group.name for group, _ids in self._tagged}
        self._part_hosts_from_groups(self._make_all(names), before - ours)
        self._warn_at_the_end()

    def _plan(
        self, account: Account, instances: list[dict[str, t.Any]], values: dict[Value, Value]
    ) -> None:
        """Looks at all instances before the first host is made: what one may be called depends on the others."""
        shown = account.shown(self._fields)
        for index, instance in enumerate(instances):
            instance.update(shown)
            fields = self._translator.fields(instance)
            instances[index] = {}  # tens of thousands of them needn't be in memory twice
            name = self._host_names.preferred(fields)
            if self._is_wanted(fields, name):
                found = (native_value(fields, dimension) for dimension in self._group_by)
                native = [values.setdefault(value, value) for value in found if value is not None]
                self._planned[len(self._wanted)] = fields, native
                identity = Identity(instance.get("id"), account.origin, account.name)
                self._wanted.append((name, identity))

    def _make_all(self, names: list[str | None]) -> dict[str, int]:
        """The hosts that are this source's alone, with their places in the plan."""
        made = {}
        for index, name in enumerate(names):
            if name is not None:
                if name not in self._inventory.hosts:
                    made[name] = index
                self._make(index, name)
        return made

    def _make(self, index: int, name: str) -> None:
        planned, identity = self._planned, self._wanted[index][1]
        fields, native = planned[index] if self._may_clash else planned.pop(index)
        host = self._host(name, fields)
        self._presence.mark(host, identity)
        for value in native:
            self._native.group(value).add_host(host)
        for group, ids in self._tagged:
            if identity.id in ids[identity.account]:
                group.add_host(host)
        self._grouping.apply(host, fields)

    def _part_hosts_from_groups(self, made: dict[str, int], before: set[str]) -> None:
        """Hosts whose names a group has got meanwhile are made anew, under another name."""
        inventory = self._inventory
        for _round in range(ROUNDS):
            shared = [
                name
                for name in inventory.groups
                if name in inventory.hosts and (name in made or name not in before)
            ]
            if not shared:
                return
            for name in shared:
                if name not in made:
                    raise AnsibleParserError(
                        f"There would be a group '{name}', but an earlier source has a host of that name: what is "
                        "meant for the one would reach the other. Rename the host, or give the group another prefix."
                    )
                index = made.pop(name)
                inventory.remove_host(inventory.hosts[name])
                self._refused.pop(name, None)
                other_name = self._names.rename(index, *self._wanted[index])
                self._make(index, other_name)
                made[other_name] = index
        raise AnsibleParserError(
            f"keyed_groups makes a group '{shared[0]}' of the host's own name, whatever that is: give it a prefix."
        )

    def _is_wanted(self, fields: Fields, name: str) -> bool:
        """What the first filter that is met says; a host when none is."""
        if not self._filters:
            return True
        magic = {"inventory_hostname": self._translator.text(name)}
        for includes, is_met in self._filters:
            if is_met(fields, magic, name):
                return includes
        return True

    def _host(self, name: str, fields: Fields) -> t.Any:
        """The host with its variables."""
        variables = fields.variables
        if self._address != "none":
            found, refused = address(fields, self._address)
            if found is not None:
                variables["ansible_host"] = self._translator.text(found)
            if refused is not None:
                self._refused[name] = refused
        if self._chosen is not None:
            self._unseen.difference_update(variables)
            chosen = {key: variables[key] for key in self._chosen if key in variables}
        else:
            chosen = variables
        host = self._inventory.hosts.get(name)
        if host is None:
            host = self._new_hosts.make(name)
            # In one go: the names are known to be right, and there is nothing to merge with.
            host.vars.update(chosen)
        else:
            for key, value in chosen.items():
                host.set_variable(key, value)
        return host

    def _warn_of_empty_tags(self, tagged: Tagged, names: list[str | None]) -> None:
        if tagged:
            hosts = [wanted[1] for wanted, name in zip(self._wanted, names) if name is not None]
            empty = [
                tag
                for tag, ids in tagged.items()
                if not any(identity.id in ids[identity.account] for identity in hosts)
            ]
            if empty:
                self._warn(f"No host has these tags of tag_groups: {shortened(empty)}.")

    def _warn_at_the_end(self) -> None:
        self._names.warn_of_renamed()
        told_apart = self._native.warning()
        if told_apart:
            self._warn(told_apart)
        if self._refused:
            who = shortened(f"{name} ({what!r})" for name, what in self._refused.items())
            self._warn(
                f"These hosts get no ansible_host, because what the API says is no address of a server: {who}."
            )
        if self._unseen:
            self._warn(f"No instance has these fields: {shortened(sorted(self._unseen))}.")


def _tagged(found: t.Sequence[AccountFleet]) -> Tagged:
    tags = dict.fromkeys(tag for one in found for tag in one.fleet.tagged)
    return {tag: {one.account.name: one.fleet.tagged[tag] for one in found} for tag in tags}
