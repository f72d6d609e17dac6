# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a body comes: packed, in pieces, cut, behind headers that can't be read; and that the connection is kept."""

from __future__ import annotations

import contextlib
import gzip
import json
import random
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.cegedim.cloud.plugins.module_utils.api import errors
from hypothesis import given, settings
from hypothesis import strategies as st
from support.hostile import CHUNKED, JSON
from support.misbehaving import Reply, misbehaving

PAGE = json.dumps({"content": [{"id": number, "name": "é" * 90} for number in range(999)]}).encode()
# What can't be packed makes pieces of gzip that are longer than those of what is in them.
NOISE = json.dumps([random.Random(1).getrandbits(4096) for _number in range(300)]).encode()
GZIP = {"Content-Encoding": "gzip"}


def pieces(body: bytes, size: int) -> bytes:
    parts = [body[start : start + size] for start in range(0, len(body), size)]
    return CHUNKED + b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


READABLE: dict[str, Reply] = {
    "plain": (200, {}, PAGE),
    "gzip": (200, GZIP, gzip.compress(PAGE)),
    "x-gzip": (200, {"Content-Encoding": " X-GZip "}, gzip.compress(PAGE)),
    "identity": (200, {"Content-Encoding": "identity"}, PAGE),
    "gzip, hardly packed": (200, GZIP, gzip.compress(PAGE, 0)),
    "gzip of two members": (200, GZIP, gzip.compress(PAGE[:5000]) + gzip.compress(PAGE[5000:])),
    "in pieces": [JSON + pieces(PAGE, 1000)],
    "gzip in pieces": [JSON + b"Content-Encoding: gzip\r\n" + pieces(gzip.compress(PAGE), 7)],
    "to the end of the connection": [JSON + b"\r\n" + PAGE],
    "behind hints": [b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" * 3 + JSON + b"\r\n" + PAGE],
    "behind a byte order mark": (200, {}, b"\xef\xbb\xbf" + PAGE),
    "said to be of another character set": (200, {"Content-Type": "x; charset=undefined"}, PAGE),
}


def only(reply: Reply) -> Callable[[str, str, Any], Reply | None]:
    return lambda method, path, headers: reply if path.startswith("/itcare/") else None


@pytest.mark.parametrize("reply", READABLE.values(), ids=READABLE)
def test_read(reply: Reply) -> None:
    with misbehaving(only(reply)) as server:
        assert server.client().get("/actions") == json.loads(PAGE)
        assert server.seen[1][2]["accept-encoding"] == "gzip"


@pytest.mark.parametrize("level", [0, 9])
def test_any_length_of_gzip(level: int) -> None:
    """None ends at a border of pieces by chance only."""
    for length in (*range(65_530, 65_542), 131_072, len(NOISE)):
        body = b" " * (length - 2) + b"[]" if length < len(NOISE) else NOISE
        with misbehaving(only((200, GZIP, gzip.compress(body, level)))) as server:
            assert server.client().get("/actions") == json.loads(body)


def test_connections_are_kept() -> None:
    kinds = ("plain", "gzip", "gzip of two members")
    replies = [READABLE[kind] for kind in kinds] + [
        (409, {}, b"no"),
        (302, {}, b""),
        (204, {}, b""),
    ]
    with misbehaving(
        lambda method, path, h: replies[int(path[-1])] if path[-2:-1] == "/" else None
    ) as server:
        client = server.client()
        for number in range(len(replies)):
            with contextlib.suppress(errors.ApiError):
                client.get(f"/{number}")
        client.get("/0")
        assert len(server.seen) == len(replies) + 2
        assert len(set(server.connections)) == 1


CUT: dict[str, tuple[Reply, str]] = {
    "gzip that ends too early": ((200, GZIP, gzip.compress(PAGE)[:-9]), "gzip that ends too early"),
    "gzip without its end": ((200, GZIP, gzip.compress(PAGE)[:-1]), "gzip that ends too early"),
    "no gzip": ((200, GZIP, PAGE), "gzip that can't be unpacked"),
    "gzip and rubbish": ((200, GZIP, gzip.compress(PAGE) + b"rubbish"), "can't be unpacked"),
    "gzip with a wrong sum": (
        (200, GZIP, gzip.compress(PAGE)[:-8] + b"12345678"),
        "gzip that can't be unpacked",
    ),
    "a piece that is cut": ([JSON + pieces(PAGE, 1000)[:-900]], "was cut before"),
    "a piece without a size": ([JSON + CHUNKED + b"getaddrinfo\r\n" + PAGE], "was cut before"),
    "a length that is too long": ([JSON + b"Content-Length: 500000\r\n\r\n", PAGE], "cut"),
}
REFUSED: dict[str, tuple[Reply, str]] = {
    "deflate": (
        (200, {"Content-Encoding": "deflate"}, zlib.compress(PAGE)),
        "the encoding 'deflate', which wasn't asked for",
    ),
    "gzip in gzip": (
        (200, {"Content-Encoding": "gzip, gzip"}, gzip.compress(gzip.compress(PAGE))),
        "the encoding 'gzip, gzip', which wasn't asked for",
    ),
    "a long header": ([JSON + b"X-Long: " + b"x" * 70_000 + b"\r\n\r\n{}"], "a header or another"),
    "a long status": ([b"HTTP/1.1 200 " + b"x" * 70_000 + b"\r\n\r\n{}"], "a header or another"),
    "many headers": ([JSON + b"X-More: x\r\n" * 200 + b"\r\n{}"], "more than 100 headers"),
    "two lengths": (
        [JSON + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}"],
        "something that isn't HTTP",
    ),
    "no HTTP": ([b"220 mail.example ESMTP\r\n"], "something that isn't HTTP"),
    "a name that isn't known": ([b"getaddrinfo Connection refused\r\n"], "that isn't HTTP"),
    "another protocol": (
        [b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n" + JSON + b"\r\n[]"],
        "101, which is no answer",
    ),
    "nothing but lines": ([b"\r\n\r\n\r\n"], "something that isn't HTTP"),
}


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(("reply", "why"), [*CUT.values(), *REFUSED.values()], ids=[*CUT, *REFUSED])
def test_not_to_be_read(reply: Reply, why: str, method: str) -> None:
    with misbehaving(only(reply)) as server:
        client = server.client(retries=2)
        with pytest.raises(errors.ConnectionFailedError, match=why) as caught:
            client.get("/actions") if method == "GET" else client.write(method, "/actions", {})
        asked = len(server.seen) - 1
    assert f"{method} /" in str(caught.value)
    assert "/actions" in str(caught.value)
    assert caught.value.details["method"] == method
    assert caught.value.arrived  # a write may have been executed, so it is sent once
    cut = (reply, why) in CUT.values()
    assert asked == (3 if cut and method == "GET" else 1)


HEADS = st.tuples(
    st.sampled_from([b"HTTP/1.1 ", b"HTTP/1.0 ", b"HTTP/0.9 ", b"HTTP/9.9 ", b"http/1.1 ", b""]),
    st.sampled_from(
        [b"200", b"202", b"204", b"100", b"101", b"302", b"304", b"999", b"-20", b"2e2"]
    ),
    st.sampled_from([b" OK", b"", b" \xff", b" NewConnectionError getaddrinfo certificate"]),
).map(b"".join)
HEADERS = st.tuples(
    st.sampled_from(
        [
            *[b"Content-Length", b"Transfer-Encoding", b"Content-Encoding", b"Content-Type", b""],
            *[b"Set-Cookie", b"Connection", b"Location", b"Retry-After", b"Date", b"Trailer", b"X"],
        ]
    ),
    st.sampled_from([b": ", b":", b" "]),
    st.sampled_from(
        [
            *[b"-1", b"2", b"2, 3", b"9" * 5000, b"5_0", b"chunked", b"gzip", b"identity, chunked"],
            *[
                b"close",
                b"http://[::1",
                b"\xff",
                b"",
                b"text/html; charset=\xff",
                b"h2c",
                b"a" * 60_000,
            ],
            b"a=b; expires=Thu, 99 Foo 99999 99:99:99 GMT; max-age=1e400; domain=..; path=\x00",
        ]
    ),
).map(b"".join)
BODIES = st.sampled_from(
    [b"[]", b"", b"2\r\n[]\r\n0\r\n\r\n", b"zz\r\n", b"\x1f\x8b", b"-5\r\nabcde\r\n"]
)


@settings(max_examples=60)
@given(head=HEADS, headers=st.lists(HEADERS, max_size=3), body=BODIES)
def test_any_head(head: bytes, headers: list[bytes], body: bytes) -> None:
    """Never a traceback, and what was sent is never called not sent, whatever words are in the answer."""
    raw = b"\r\n".join([head, *headers, b"", body])
    with misbehaving(only([raw])) as server:
        try:
            server.client(retries=0).write("POST", "/actions", {})
        except (errors.ApiError, errors.ConnectionFailedError) as error:
            failure = error
        else:
            return
    refused = isinstance(failure, errors.ApiError) and 300 <= failure.status < 500
    assert failure.arrived or refused


OF_ERRORS = {
    "angles": b"<" * 65_536,
    "scripts": b"<script" * 9_000,
    "titles": b"<title" * 9_000,
    "line ends": b"<html>" + b"\n" * 60_000,
    "braces": b"{" * 65_536,
    "brackets": b'{"errorMessage": ' + b"[" * 65_000,
    "infinity": b'{"errorMessage": {"a": 1e999}}',
    "controls": rb'{"errorMessage": "\ud800\u0000\u202e\u001b[31m", "errorCode": "\u2028"}',
    "bare controls": b"\x00\x1b[31m\xe2\x80\xae\x7f",
    "not UTF-8": b"\xff" * 65_536,
    "gzip": gzip.compress(b"x", mtime=0),
}


@pytest.mark.parametrize("body", OF_ERRORS.values(), ids=OF_ERRORS)
@pytest.mark.parametrize("kind", ["text/html", "application/json", "x; charset=undefined"])
def test_an_error_status_is_told_whatever_its_body(kind: str, body: bytes) -> None:
    with misbehaving(only((409, {"Content-Type": kind}, body))) as server:
        with pytest.raises(errors.ConflictError) as caught:
            server.client().write("POST", "/actions", {})
    assert len(str(caught.value)) < 600
    assert str(caught.value).isprintable()
    assert all(str(value).isprintable() for value in caught.value.details.values())


def test_a_secret_is_not_shown_by_half() -> None:
    """Neither where an answer is cut, nor where blanks between are left out."""
    for blanks in (9_990, 65_530):
        body = b" " * blanks + b"demo-secret"
        with misbehaving(only((409, {}, b"." + body))) as server:
            with pytest.raises(errors.ConflictError) as caught:
                server.client().write("POST", "/actions", {})
        assert "demo-s" not in str(caught.value)
