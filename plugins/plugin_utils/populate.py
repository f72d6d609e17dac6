# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a fleet to hosts and groups of an inventory."""

from __future__ import annotations

import typing as t

from ansible_collections.cegedim.cloud.plugins.module_utils.errors import InputError
from ansible_collections.cegedim.cloud.plugins.module_utils.naming import snake
from ansible_collections.cegedim.cloud.plugins.plugin_utils.grouping import (
    AnsibleDecides,
    Grouping,
    Rule,
    condition,
)
from ansible_collections.cegedim.cloud.plugins.plugin_utils.hosts import (
    COMPUTED,
    Fields,
    Translator,
    address,
    native_group,
)
from ansible_collections.cegedim.cloud.plugins.plugin_utils.names import (
    Names,
    preferences,
    preferred,
    shortened,
)
from ansible_collections.cegedim.cloud.plugins.plugin_utils.source import Fleet, Question
from ansible_collections.cegedim.cloud.plugins.plugin_utils.view import View


class Populate:
    """Puts a fleet into the inventory of a plugin, as the plugin's options say."""

    def __init__(self, plugin: t.Any, question: Question) -> None:
        option = plugin.get_option
        self._warn: t.Callable[[str], None] = plugin.display.warning
        self._inventory = plugin.inventory
        self._question = question
        self._safe_group_name: t.Callable[[str], str] = plugin._sanitize_group_name
        decides = AnsibleDecides(plugin)
        self._translator = Translator(option("hostvars_prefix"))
        self._chosen = self._chosen_variables(option("fields"))
        self._address: str = option("connection_address")
        self._group_by: list[str] = option("group_by")
        self._preferences = preferences(option("hostnames"), decides)
        self._names = Names(option("on_duplicate"), self._warn)
        self._filters = [self._filter(entry, decides) for entry in option("host_filters")]
        self._grouping = Grouping(
            plugin,
            decides,
            compose=option("compose"),
            groups=option("groups"),
            keyed_groups=option("keyed_groups"),
            strict=option("strict"),
            extra=plugin._vars if option("use_extra_vars") else {},
        )
        self._native: dict[str, t.Any] = {}  # group by its name before that is made safe
        self._refused: list[str] = []

    def _chosen_variables(self, fields: list[str] | None) -> list[str] | None:
        """The variables to set; None for all."""
        self._unseen: set[str] = set()
        if fields is None:
            return None
        chosen = [self._translator.variable_name(snake(str(field))) for field in fields]
        self._unseen.update(chosen)
        return [
            *chosen,
            *(self._translator.variable_name(name) for name in COMPUTED),
            "ansible_host",
        ]

    @staticmethod
    def _filter(entry: t.Any, decides: AnsibleDecides) -> tuple[bool, Rule]:
        if isinstance(entry, dict) and len(entry) == 1:
            kind, conditional = next(iter(entry.items()))
            if kind in ("include", "exclude"):
                return kind == "include", condition(decides, conditional, f"host_filters.{kind}")
        raise InputError(
            f"host_filters takes entries such as 'exclude: expression', not {entry!r}."
        )

    def add(self, fleet: Fleet) -> None:
        """Adds everything. What fails, fails before the first host or is taken back by the caller."""
        hosts: list[Fields | None] = []
        wanted: list[tuple[str, t.Any]] = []
        instances = fleet.instances
        self._warn_of_missing_names(instances)
        for index, instance in enumerate(instances):
            fields = self._translator.fields(instance)
            instances[index] = {}  # tens of thousands of them needn't be in memory twice
            name = preferred(self._preferences, fields, View(fields, fields.variables, dict))
            if self._is_wanted(fields, name):
                hosts.append(fields)
                wanted.append((name, instance.get("id")))
        tagged = [(self._group(f"tag_{tag}"), ids) for tag, ids in fleet.tagged.items()]
        for index, host_name in enumerate(self._names.assign(wanted)):
            entry, hosts[index] = hosts[index], None
            if host_name is not None and entry is not None:
                host = self._host(host_name, entry)
                for group, ids in tagged:
                    if wanted[index][1] in ids:
                        group.add_host(host)
                self._grouping.apply(host, entry)
        self._warn_at_the_end()

    def _is_wanted(self, fields: Fields, name: str) -> bool:
        """What the first filter that is met says; a host when none is."""
        if not self._filters:
            return True
        view = View(
            fields, fields.variables, lambda: {"inventory_hostname": self._translator.text(name)}
        )
        for includes, rule in self._filters:
            if rule.outcome(view, name):
                return includes
        return True

    def _host(self, name: str, fields: Fields) -> t.Any:
        """The host with its variables, in its native groups."""
        variables = fields.variables
        if self._address != "none":
            found, refused = address(fields, self._address)
            if found is not None:
                variables["ansible_host"] = self._translator.text(found)
            if refused is not None:
                self._refused.append(f"{name} ({refused!r})")
        if self._chosen is not None:
            self._unseen.difference_update(variables)
            chosen = {key: variables[key] for key in self._chosen if key in variables}
        else:
            chosen = variables
        host = self._inventory.hosts.get(name)
        if host is None:
            self._inventory.add_host(name)
            host = self._inventory.hosts[name]
            # In one go: the names are known to be right, and there is nothing to merge with.
            host.vars.update(chosen)
        else:
            for key, value in chosen.items():
                host.set_variable(key, value)
        for dimension in self._group_by:
            group_name = native_group(fields, dimension)
            if group_name is not None:
                self._group(group_name).add_host(host)
        return host

    def _group(self, name: str) -> t.Any:
        group = self._native.get(name)
        if group is None:
            safe = self._inventory.add_group(self._safe_group_name(name))
            group = self._native[name] = self._inventory.groups[safe]
        return group

    def _warn_of_missing_names(self, instances: list[dict[str, t.Any]]) -> None:
        names = self._question.selection.names
        if names is not None:
            found = {instance.get("name") for instance in instances}
            missing = [name for name in names if name not in found]
            if missing:
                self._warn(f"No instance was found for these names: {shortened(missing)}.")

    def _warn_at_the_end(self) -> None:
        if self._refused:
            self._warn(
                "These hosts get no ansible_host, because what the API says is no address of a server: "
                f"{shortened(self._refused)}."
            )
        if self._unseen:
            self._warn(f"No instance has these fields: {shortened(sorted(self._unseen))}.")
