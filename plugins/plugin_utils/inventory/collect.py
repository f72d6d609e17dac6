# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor inventory, private to the collection. Fleets from the API, side by side: all of them or an error, with so many requests at a time in all."""

from __future__ import annotations

import threading
import typing as t
from concurrent.futures import ThreadPoolExecutor

from ...module_utils.api.client import Client
from ...module_utils.api.connection_options import ConnectionOptions
from ...module_utils.api.errors import ItcareError
from ...module_utils.api.notices import shortened
from ...module_utils.api.requests_library import without_warnings
from .accounts import Account, AccountFleet
from .fleet import Fleet, FleetQuery, fetch_fleet, merged

Asked = tuple[Account, FleetQuery]
MakeClient = t.Callable[[ConnectionOptions, t.ContextManager[t.Any]], Client]
Say = t.Callable[[str], None]


def collect(
    accounts: t.Sequence[Account],
    cached: t.Callable[[str], Fleet | None],
    fetch: t.Callable[[list[Asked]], list[Fleet]],
) -> tuple[list[AccountFleet], dict[str, Fleet]]:
    """What each account's selections have found, cached or fetched at once; and what was fetched, by its key in the cache."""
    known: dict[tuple[str, str], Fleet] = {}
    asked: dict[tuple[str, str], Asked] = {}
    for account in accounts:
        for key, query in account.queries.items():
            fleet = cached(key)
            if fleet is None:
                asked[account.name, key] = account, query
            else:
                known[account.name, key] = fleet
    fetched = dict(zip(asked, fetch([*asked.values()]) if asked else ()))
    known.update(fetched)
    found = []
    for account in accounts:
        keys = [(account.name, key) for key in account.queries]
        fleet = merged([known[key] for key in keys])
        found.append(AccountFleet(account, fleet, sum(key not in asked for key in keys)))
    return found, {key: fleet for (_name, key), fleet in fetched.items()}


class Slots:
    """So many requests at a time, and none any more once it is closed."""

    def __init__(self, number: int) -> None:
        self._free = threading.BoundedSemaphore(number)
        self._is_closed = False

    def __enter__(self) -> None:
        self._free.acquire()
        if self._is_closed:
            self._free.release()
            raise ItcareError("Nothing more is asked.")

    def __exit__(self, *what: object) -> None:
        self._free.release()

    def close(self) -> None:
        self._is_closed = True


def fetch_fleets(
    asked: t.Sequence[Asked],
    make_client: MakeClient,
    *,
    page_size: int,
    workers: int,
    warn: Say,
    remark: Say,
) -> list[Fleet]:
    """The answers, in order. Raises ItcareError that names each account that can't be read, and why.

    Those of an account share its client, and all clients the `workers`. Who has few instances leaves them to the others.
    """
    slots = Slots(workers)
    who = {account.name: account for account, _query in asked}
    clients = {name: make_client(account.connection, slots) for name, account in who.items()}

    def answer(one: Asked) -> Fleet | ItcareError:
        account, query = one
        try:
            return fetch_fleet(clients[account.name], query, page_size=page_size, workers=workers)
        except ItcareError as error:
            return error

    try:
        with without_warnings():
            answers = side_by_side(answer, asked, workers, slots)
    finally:
        for name, client in clients.items():
            client.close()
            for text in client.notices.warnings:
                warn(who[name].says(text))
            for text in client.notices.remarks:
                remark(who[name].says(text))
    fleets = [one for one in answers if isinstance(one, Fleet)]
    if len(fleets) < len(asked):
        failed = {
            account.says(str(one)): one
            for (account, _query), one in zip(asked, answers)
            if isinstance(one, ItcareError)
        }
        raise ItcareError(shortened(failed, " "))
    return fleets


def side_by_side(
    answer: t.Callable[[Asked], Fleet | ItcareError],
    asked: t.Sequence[Asked],
    workers: int,
    slots: Slots,
) -> list[Fleet | ItcareError]:
    if len(asked) == 1:  # without a thread to wait for when it is interrupted
        return [answer(asked[0])]
    with ThreadPoolExecutor(max_workers=min(workers, len(asked))) as pool:
        try:
            return list(pool.map(answer, asked))
        except BaseException:
            # Interrupted: nobody wants what the others would still ask for.
            slots.close()
            raise
