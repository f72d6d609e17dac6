# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor inventory, private to the collection. Hosts that earlier sources have brought, and which instances they are."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

MARK = "_cegedim_cloud_itcare"  # attribute of a host: no variable, so it is neither printed nor merged nor renamed


class Origin(t.NamedTuple):
    """Where an instance's id means something."""

    api_url: str
    account: str
    issuer: str = ""  # where it isn't told by the account


@dataclass(frozen=True)
class Occupant:
    """The instance that a host is."""

    identity: t.Any
    origin: Origin | None  # None: it isn't from this plugin, but its variables tell an id
    own: Origin

    def is_(self, identity: t.Any) -> bool:
        if identity is None:
            return False
        if self.origin is None:
            return str(self.identity) == str(identity)
        return self.identity == identity and self.origin == self.own

    def __str__(self) -> str:
        if self.origin is None:
            return f"id {self.identity} of an earlier source"
        return f"id {self.identity} of {self.origin.account} at {self.origin.api_url}, from an earlier source"


class Presence:
    """Who has which host name in an inventory."""

    def __init__(self, inventory: t.Any, origin: Origin, variables: t.Iterable[str]) -> None:
        self._hosts = inventory.hosts
        self._origin = origin
        self._variables = tuple(variables)  # those that may hold an id

    def occupant(self, name: str) -> Occupant | None:
        """None: nobody, or a host of which no instance is known."""
        host = self._hosts.get(name)
        if host is None:
            return None
        mark = getattr(host, MARK, None)
        if mark is not None:
            identity, origin = mark
            return Occupant(identity, origin, self._origin)
        for variable in self._variables:
            identity = host.vars.get(variable)
            if identity is not None:
                return Occupant(identity, None, self._origin)
        return None

    def mark(self, host: t.Any, identity: t.Any) -> None:
        setattr(host, MARK, (identity, self._origin))
