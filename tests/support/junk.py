# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Anything (`JUNK`), anything in any place of something true (`spoiled`), and a service that answers so (`SpoiltClient`)."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from ansible_collections.cegedim.cloud.plugins.module_utils.api.client import Answer, Client, Query
from ansible_collections.cegedim.cloud.plugins.module_utils.api.connection_options import (
    ConnectionOptions,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.api.errors import NotFoundError
from hypothesis import strategies as st
from support.client import SimulatedTime

# What the fields of the API are called, so that something is made of them.
NAMES = ["id", "name", "status", "content", "totalElements", "process", "patchGroup", "createdAt"]
TEXTS = st.one_of(
    st.text(max_size=8),
    st.sampled_from(
        [
            *["", " ", "null", "0", "1", "-1", "1e400", "9" * 5000, "x" * 2**20, "\ufffd"],
            *["\u202eRTL", "\u2066\u2069", "\x00", "\x1b[31m", "\n", "\u2028", "\ufeff", "²"],
            *["{{ 1 }}", "{% raw %}", "#jinja2:", "!unsafe", "../..", "a,b", "a/b?c#d", "%s%n"],
            *["2026-02-30T25:61:00Z", "0000-00-00", "9999-12-31T23:59:59+99:99", "2026-01-01"],
            *["ACTIVE", "IN_PROGRESS", "SUCCESS", "2cpu4gb", "localhost", "all", "::1%eth0"],
        ]
    ),
)
JUNK = st.recursive(
    st.one_of(
        st.sampled_from([None, True, False, 0, 1, -1, 2**63, 10**4000, 0.5, -0.0, 1e308, 10**12]),
        st.integers(),
        TEXTS,
        st.sampled_from([[None], [None] * 300, [[]], {}, [], [{}], [{"id": None}], {"id": {}}]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(NAMES) | TEXTS, inner, max_size=3),
    ),
    max_leaves=5,
)
PLACES = st.lists(st.integers(0, 60), max_size=6)


def spoiled(value: Any, place: Sequence[int], junk: Any) -> Any:
    """A copy of `value` in which something is `junk`: at the end of a way of which each number chooses a branch."""
    if not place or not value or not isinstance(value, (dict, list)):
        return junk
    keys = sorted(value) if isinstance(value, dict) else list(range(len(value)))
    key = keys[place[0] % len(keys)]
    changed = copy.copy(value)
    changed[key] = spoiled(value[key], place[1:], junk)
    return changed


ACTION = {
    "id": 77,
    "status": "SUCCESS",
    "process": "vm_stop",
    "resourceId": 1,
    "resourceName": "WEB",
    "submittedAt": "2026-01-05T10:00:00.000+0000",
    "completedAt": "2026-01-05T10:01:00.000+0000",
}


class SpoiltClient(Client):
    """A client in whose service one answer is spoilt, and the others are `answers` by their path. Time doesn't pass."""

    def __init__(
        self,
        answers: dict[str, Any],
        number: int,
        place: Sequence[int],
        junk: Any,
        *,
        read_only: bool,
    ) -> None:
        time = SimulatedTime()
        super().__init__(
            ConnectionOptions(access_token="any"),
            read_only=read_only,
            sleep=time.sleep,
            clock=time.clock,
        )
        self.written: list[str] = []
        self._answers = answers
        self._left = number
        self._spoil = (place, junk)

    def get(self, path: str, params: Query | None = None) -> Any:
        answer = ACTION if path.startswith("/actions/") else self._answers.get(path)
        if answer is None:
            raise NotFoundError("GET", path, 404)
        return self._next(answer)

    def write(self, method: str, path: str, body: Any = None, **options: Any) -> Answer:
        assert not self.read_only, f"{method} {path} in check mode"
        self.written.append(f"{method} {path}")
        return Answer(202, self._next(ACTION))

    def _next(self, answer: Any) -> Any:
        self._left -= 1
        return spoiled(answer, *self._spoil) if self._left == -1 else copy.deepcopy(answer)
