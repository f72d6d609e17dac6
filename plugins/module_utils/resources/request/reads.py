# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor resources, private to the collection. GETs that a user has written: one answer, a whole list, what a condition looks at."""

from __future__ import annotations

import typing as t

from ...api.client import Answer, Client
from ...api.errors import NotFoundError
from ...api.pages import PAGE_SIZE, fetch_all, goes_on
from .address import Query, encode
from .conditions import Condition


class Pages:
    """Pages of a list, asked for in this API's other way to send lists: a parameter for each element."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.status = 200

    def get(self, path: str, params: Query | None = None) -> t.Any:
        answer = self._client.read(path, encode(params or {}))
        self.status = answer.status
        return answer.data


def read_list(client: Client, path: str, query: Query) -> Answer:
    """All elements of a list, or an error (docs/api.md#pages)."""
    pages = Pages(client)
    given = {key: value for key, value in query.items() if value not in (None, [])}
    size = given.pop("size", PAGE_SIZE)
    items = fetch_all(pages, path, given, page_size=size, notices=client.notices, anything=True)
    return Answer(pages.status, items)


def read_condition(client: Client, condition: Condition) -> Answer:
    """What a condition looks at: a page is read to its end; the data is None when nothing is there."""
    path, query = condition.path, condition.query
    try:
        answer = client.read(path, encode(query))
        if goes_on(answer.data):
            every = read_list(client, path, query)  # whatever page was asked for
            return Answer(every.status, {**answer.data, "content": every.data})
    except NotFoundError as error:
        return Answer(error.status, None)
    return answer
