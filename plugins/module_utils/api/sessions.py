# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor api, private to the collection. Connections on which every request ends: `with limited(clock, end): session.request(…)`.

A timeout of requests is one for each piece that comes, so that a byte every second keeps a request for ever, also in the
headers and in a proxy's answer, where no caller sees it. Here each wait for bytes looks at the clock, whoever reads.
What isn't bounded: the resolver's own time, and a server with many addresses of which each takes its time not to connect.
"""

from __future__ import annotations

import contextlib
import functools
import http.client
import io
import threading
import typing as t

from .requests_library import REQUESTS_IMPORT_ERROR, requests

Clock = t.Callable[[], float]

# As they come, of status, headers and body. What a body is unpacked is limited in bodies.py.
MOST_BYTES = 72 * 2**20  # of an answer with its head, as they come; bodies.py limits the rest
TOO_LONG = "the answer has no end"

_of_thread = threading.local()  # a request and its answer are one thread's


@contextlib.contextmanager
def limited(clock: Clock, end: float) -> t.Iterator[None]:
    """What this thread asks within must be answered, body and all, before `clock` shows `end`; else it times out."""
    _of_thread.limit = (clock, end)
    try:
        yield
    finally:
        _of_thread.limit = None


class _Bytes(io.RawIOBase):
    """What comes from a socket, until the time is over or it is too much."""

    def __init__(self, raw: t.Any, sock: t.Any, clock: Clock, end: float) -> None:
        self._raw = raw
        self._sock = sock
        self._clock = clock
        self._end = end
        self._timeout: float = sock.gettimeout()
        self._most = MOST_BYTES

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: t.Any) -> t.Any:
        left = self._end - self._clock()
        if left <= 0:
            raise TimeoutError("the time for the whole answer is over")
        if left < self._timeout:
            self._sock.settimeout(left)
        count = self._raw.readinto(buffer)
        self._most -= count or 0
        if self._most < 0:  # http.client reads a piece "of length -1" to the end of the connection
            raise OSError(TOO_LONG)
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Answer(http.client.HTTPResponse):
    """Reads status, headers and body through the limit of its thread."""

    def __init__(self, sock: t.Any, *args: t.Any, **kwargs: t.Any) -> None:
        super().__init__(sock, *args, **kwargs)
        limit = getattr(_of_thread, "limit", None)
        if limit is not None:
            raw = t.cast("t.Any", self.fp).detach()
            self.fp = io.BufferedReader(_Bytes(raw, sock, *limit))

    def begin(self) -> None:
        super().begin()
        while 101 < self.status < 200:  # hints, which http.client takes for the answer
            self.headers = t.cast("t.Any", None)
            super().begin()


@functools.cache
def _limited_pool(pool: t.Any) -> t.Any:
    """A class of urllib3's pools, whose connections read answers with ours. Messages show the names, so they stay."""
    plain = pool.ConnectionCls
    if getattr(plain, "response_class", None) is _Answer:
        return pool
    connection = type(plain.__name__, (plain,), {"response_class": _Answer})
    return type(pool.__name__, (pool,), {"ConnectionCls": connection})


def _limit(manager: t.Any) -> t.Any:
    manager.pool_classes_by_scheme = {
        scheme: _limited_pool(pool) for scheme, pool in manager.pool_classes_by_scheme.items()
    }
    return manager


class Adapter(requests.adapters.HTTPAdapter if REQUESTS_IMPORT_ERROR is None else object):  # type: ignore[misc]
    """Connections that know of limits, with and without a proxy."""

    def init_poolmanager(self, *args: t.Any, **kwargs: t.Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        _limit(self.poolmanager)

    def proxy_manager_for(self, proxy: t.Any, **kwargs: t.Any) -> t.Any:
        return _limit(super().proxy_manager_for(proxy, **kwargs))


class Session(requests.Session if REQUESTS_IMPORT_ERROR is None else object):  # type: ignore[misc]
    """A session that takes no redirect for one: requests reads the whole body of one, wherever it leads and though it
    isn't followed."""

    def get_redirect_target(self, resp: t.Any) -> None:
        return None
