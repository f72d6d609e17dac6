# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor inventory, private to the collection. Which instance a host is, and hosts that earlier sources have brought."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible.inventory.host import Host

MARK = "_cegedim_cloud_itcare"  # attribute of a host: no variable, so it is neither printed nor merged nor renamed


class Origin(t.NamedTuple):
    """Where an instance's id means something."""

    api_url: str
    account: str
    issuer: str = ""  # where it isn't told by the account


class Identity(t.NamedTuple):
    """Which instance it is. As a text: what tells it from others in a host's name."""

    id: t.Any
    origin: Origin
    account: str = ""  # its name in this source, where there are several

    def __str__(self) -> str:
        return f"{self.account}_{self.id}" if self.account else f"{self.id}"

    @property
    def spelt_out(self) -> str:
        return f"{self.id} of {self.account}" if self.account else f"{self.id}"


@dataclass(frozen=True)
class Occupant:
    """The instance that a host is."""

    id: t.Any
    origin: Origin | None  # None: it isn't from this plugin, but its variables tell an id

    def is_(self, identity: Identity) -> bool:
        if identity.id is None:
            return False
        if self.origin is None:
            return str(self.id) == str(identity.id)
        return self.id == identity.id and self.origin == identity.origin

    def __str__(self) -> str:
        if self.origin is None:
            return f"id {self.id} of an earlier source"
        return f"id {self.id} of {self.origin.account} at {self.origin.api_url}, from an earlier source"


class Presence:
    """Who has which host name in an inventory."""

    def __init__(self, inventory: t.Any, variables: t.Iterable[str]) -> None:
        self._hosts = inventory.hosts
        self._variables = tuple(variables)  # those that may hold an id

    def occupant(self, name: str) -> Occupant | None:
        """None: nobody, or a host of which no instance is known."""
        host = self._hosts.get(name)
        if host is None:
            return None
        mark = getattr(host, MARK, None)
        if mark is not None:
            return Occupant(*mark)
        for variable in self._variables:
            identity = host.vars.get(variable)
            if identity is not None:
                return Occupant(identity, None)
        return None

    def mark(self, host: t.Any, identity: Identity) -> None:
        setattr(host, MARK, (identity.id, identity.origin))


class NewHosts:
    """Hosts as Ansible makes them. It asks the file system for each where the source is; here, for the first only."""

    def __init__(self, inventory: t.Any) -> None:
        self._inventory = inventory
        self._given: dict[str, t.Any] | None = None  # the variables that Ansible gives each

    def make(self, name: str) -> t.Any:
        """A new host of a safe name that no host has."""
        hosts = self._inventory.hosts
        if self._given is None:
            self._inventory.add_host(name)
            if _has_only_variables(hosts[name]):
                self._given = dict(hosts[name].vars)
        else:
            hosts[name] = Host(name)
            hosts[name].vars.update(self._given)
        return hosts[name]


def _has_only_variables(host: t.Any) -> bool:
    """Whether nothing else tells it from one that isn't in an inventory."""
    found, one, other = vars(host), vars(Host(host.name)), vars(Host(host.name))
    own = {"vars", *(key for key in one if one[key] != other[key])}  # such as an id
    return found.keys() == one.keys() and all(found[key] == one[key] for key in found.keys() - own)
