# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers that have no end, in time or in bytes: each request ends all the same, with an error that names it."""

from __future__ import annotations

import contextlib
import itertools
import time
from collections.abc import Callable, Iterable, Iterator

import pytest
from ansible_collections.cegedim.cloud.plugins.module_utils.api import errors
from ansible_collections.cegedim.cloud.plugins.module_utils.api.client import Client
from support.client import SimulatedTime, TickingTime
from support.misbehaving import Reply, misbehaving

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


def slowly(text: Iterable[bytes]) -> Iterator[bytes]:
    for piece in text:
        time.sleep(0.001)
        yield piece


def after(head: bytes, piece: bytes) -> Callable[[], Iterator[bytes]]:
    return lambda: itertools.chain([head], slowly(itertools.repeat(piece)))


# What comes a bit at a time, and for ever.
DRIPPING = {
    "in the status line": after(b"HTTP/1.1 200 ", b"O"),
    "in a header": after(HEAD + b"X-Long: ", b"x"),
    "before the status": after(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "before the answer": after(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
    "in a body to the end of the connection": after(HEAD + b"\r\n", b" "),
    "in a body with a length": after(HEAD + b"Content-Length: 5000000\r\n\r\n", b" "),
    "in pieces": after(CHUNKED, b"1\r\n \r\n"),
    "in a piece": after(CHUNKED + b"fffff\r\n", b" "),
    "in the size of a piece": after(CHUNKED, b"0"),
    "behind the last piece": after(CHUNKED + b"0\r\n", b"X-More: x\r\n"),
    "in the body of an error": after(b"HTTP/1.1 500 Oops\r\n\r\n", b" "),
    "in the body of a redirect": after(b"HTTP/1.1 302 Found\r\nLocation: /x\r\n\r\n", b" "),
}


def answering(
    raw: Callable[[], Iterable[bytes]], part: str = "/itcare/"
) -> Callable[..., Reply | None]:
    return lambda method, path, headers: raw() if path.startswith(part) else None


def ask(client: Client, method: str) -> None:
    if method == "GET":
        client.get("/actions")
    else:
        client.write(method, "/actions", {})


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("raw", DRIPPING.values(), ids=DRIPPING)
def test_a_request_takes_ten_times_its_timeout_at_most(
    raw: Callable[[], Iterable[bytes]], method: str
) -> None:
    with misbehaving(answering(raw)) as server:
        client = server.client(time=TickingTime(), request_timeout=5)
        with pytest.raises(errors.ConnectionFailedError) as caught:
            ask(client, method)
        asked = [path for _method, path, _headers in server.seen]
    assert f"{method} /itcare/actions was not answered completely within 50 s" in str(caught.value)
    assert caught.value.arrived
    assert asked == ["/token", "/itcare/actions"]  # the next one would take as long


def test_a_proxy_takes_no_longer_either(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before there is a tunnel through it; releases of urllib3 don't agree on whose time is over."""
    with misbehaving(
        lambda method, *_: DRIPPING["in a header"]() if method == "CONNECT" else None
    ) as proxy:
        monkeypatch.setenv("https_proxy", proxy.url)
        client = proxy.client(
            time=TickingTime(), request_timeout=5, retries=1, api_url="https://api.example/itcare"
        )
        with pytest.raises(errors.ConnectionFailedError, match="completely within 50 s"):
            client.get("/actions")
        assert [method for method, _path, _headers in proxy.seen] == ["POST", "CONNECT"]


def test_a_token_takes_no_longer_either() -> None:
    raw = DRIPPING["in pieces"]
    with misbehaving(answering(raw, "/token")) as server:
        client = server.client(time=TickingTime(), request_timeout=5, retries=1)
        with pytest.raises(
            errors.ConnectionFailedError, match="POST /token was not answered"
        ) as caught:
            client.write("POST", "/actions", {})
        assert [path for _method, path, _headers in server.seen] == ["/token"]
    assert not caught.value.arrived


def test_the_end_of_the_task_comes_first() -> None:
    time = TickingTime()
    with misbehaving(answering(DRIPPING["in pieces"])) as server:
        client = server.client(time=time, request_timeout=60)
        client.ends_at = time.now + 40
        with pytest.raises(errors.ConnectionFailedError, match=r"completely within [123]\d s:"):
            client.get("/actions")


def test_the_wait_for_a_slot_is_not_a_requests() -> None:
    """Many accounts may wait for the same few."""
    time = SimulatedTime()

    class Slots(contextlib.AbstractContextManager[None]):
        def __enter__(self) -> None:
            time.sleep(100_000)

        def __exit__(self, *what: object) -> None:
            """Nobody else waits."""

    with misbehaving(answering(lambda: [HEAD + b"\r\n[]"])) as server:
        assert server.client(time=time, slots=Slots()).get("/actions") == []
