# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor inventory, private to the collection. Who is asked, and what: the accounts of a source, each with its connection and selections."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from urllib.parse import urlsplit

from ...module_utils.api.connection_options import ConnectionOptions, connection_options
from ...module_utils.api.errors import InputError
from .entries import SELECTED_BY, account_label, naming
from .fleet import Fleet, FleetQuery, origin
from .presence import Origin

Options = t.Mapping[str, t.Any]


@dataclass(frozen=True)
class Account:
    """An entry of `accounts`, or the one without a name of a file that has none."""

    connection: ConnectionOptions
    origin: Origin
    queries: t.Mapping[str, FleetQuery]  # one for each selection, by its key in the cache
    name: str = ""
    min_hosts: int = 0
    has_own: bool = False  # selections that aren't those of the whole file

    def says(self, text: str) -> str:
        """What its requests led to."""
        return f"{account_label(self.name)}: {text}" if self.name else text

    def shown(self, fields: t.Collection[str]) -> dict[str, str]:
        """What its instances show of it, as if the API had said so: its name, and where the API is if `fields` asks for that."""
        told = {"account": self.name} if self.name else {}
        if "api_url" in fields:
            told["apiUrl"] = urlsplit(self.connection.api_url).netloc
        return told


class AccountFleet(t.NamedTuple):
    """All that was found through an account."""

    account: Account
    fleet: Fleet
    cached: int = 0  # how many of its queries weren't asked, as their answers were there


def connections(options: Options) -> dict[str, ConnectionOptions]:
    """How each account is reached, by its name. Raises InputError."""
    if options.get("accounts") is None:
        return {"": connection_options(options)}
    found = {}
    for entry in options["accounts"]:
        with naming(account_label(entry["name"])):
            found[entry["name"]] = connection_options(entry, beneath=options)
    return found


def accounts(options: Options, known: t.Mapping[str, ConnectionOptions]) -> list[Account]:
    """What is asked of whom; what an entry leaves out is that of the file. Raises InputError."""
    of_all = _queries(options, options.get("selections"))
    found = []
    for entry in options.get("accounts") or [{"name": ""}]:
        name, own = entry["name"], entry.get("selections")
        connection = known[name]
        queries = of_all
        if own is not None:
            with naming(account_label(name)):
                queries = _queries(options, own)
        asked = {query.cache_key(connection): query for query in queries}
        found.append(
            Account(
                connection,
                origin(connection),
                asked,
                name,
                entry.get("min_hosts") or 0,
                own is not None,
            )
        )
    if "account" in options["group_by"] and options.get("accounts") is None:
        raise InputError(
            "group_by: account makes groups of the names in accounts, and there are none."
        )
    return found


def _queries(options: Options, selections: t.Sequence[Options] | None) -> list[FleetQuery]:
    if selections is None:
        return [FleetQuery.from_options(options)]
    found = []
    for number, selection in enumerate(selections):
        with naming(f"selections[{number}]"):
            found.append(
                FleetQuery.from_options({**options, **dict.fromkeys(SELECTED_BY), **selection})
            )
    return found
