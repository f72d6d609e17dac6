# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers that would take all memory (`LARGE`), and the most that a program took (`run_measured`)."""

from __future__ import annotations

import itertools
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator

PIECE = b" " * 2**20
JSON = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
GZIP = JSON + b"Content-Encoding: gzip\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"


def zeros() -> Iterator[bytes]:
    """Gzip without an end, a thousand times as large when it is unpacked."""
    packer = zlib.compressobj(wbits=31)
    while True:
        yield packer.compress(bytes(2**20)) + packer.flush(zlib.Z_SYNC_FLUSH)


def bomb(size: int = 2 * 2**30) -> bytes:
    """Two megabytes that are two gigabytes."""
    begin, again = itertools.islice(zeros(), 2)
    return begin + again * (size // 2**20)


def twice() -> bytes:
    """A bomb in gzip once more: some kilobytes, if one trusts the header that tells of it."""
    packer = zlib.compressobj(wbits=31)
    return packer.compress(bomb()) + packer.flush()


def _proper(head: bytes, body: bytes) -> list[bytes]:
    return [head + b"Content-Length: %d\r\n\r\n" % len(body), body]


def _endless(head: bytes) -> Iterator[bytes]:
    return itertools.chain([head], itertools.repeat(PIECE))


# What goes over the wire, and what is said about it.
LARGE: dict[str, tuple[Callable[[], Iterable[bytes]], str]] = {
    "endless": (lambda: _endless(JSON + b"\r\n"), "more than 64 MiB"),
    "endless, with a length": (
        lambda: _endless(JSON + b"Content-Length: 9999999999999\r\n\r\n"),
        "more than 64 MiB",
    ),
    "endless pieces": (
        lambda: itertools.chain(
            [JSON + CHUNKED], itertools.repeat(b"100000\r\n" + PIECE + b"\r\n")
        ),
        "more than 64 MiB",
    ),
    "a piece of length -1": (lambda: _endless(JSON + CHUNKED + b"-1\r\n"), "MiB"),
    "a bomb": (lambda: _proper(GZIP, bomb()), "more than 64 MiB"),
    "endless gzip": (lambda: itertools.chain([GZIP + b"\r\n"], zeros()), "more than 64 MiB"),
    "a bomb in a bomb": (
        lambda: _proper(JSON + b"Content-Encoding: gzip, gzip\r\n", twice()),
        "the encoding 'gzip, gzip', which wasn't asked for",
    ),
    "an error without an end": (lambda: _endless(b"HTTP/1.1 409 No\r\n\r\n"), "409"),
    "an error that is a bomb": (
        lambda: _proper(b"HTTP/1.1 409 No\r\nContent-Encoding: gzip\r\n", bomb()),
        "409",
    ),
    "a redirect without an end": (
        lambda: _endless(b"HTTP/1.1 302 Found\r\nLocation: /x\r\n\r\n"),
        "302",
    ),
    "a redirect that is a bomb": (
        lambda: _proper(b"HTTP/1.1 302 No\r\nLocation: /x\r\nContent-Encoding: gzip\r\n", bomb()),
        "302",
    ),
    "many lists": (
        lambda: _proper(JSON, b"[" + b"[]," * (20 * 2**20) + b"[]]"),
        "more than 2000000 values",
    ),
}

_MEASURE = """
import resource, subprocess, sys
done = subprocess.run(sys.argv[1:], stdin=subprocess.DEVNULL)
most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print("\\nmost memory:", most // (2**20 if sys.platform == "darwin" else 2**10))
sys.exit(done.returncode)
"""


def run_measured(*command: str, **settings: object) -> tuple[str, int]:
    """What a program printed, and the megabytes that it or one of its children took at most.

    Started by a small program, as a process counts what its parent had, too.
    """
    done = subprocess.run(
        [sys.executable, "-I", "-c", _MEASURE, *command],
        capture_output=True,
        text=True,
        check=False,
        **settings,  # type: ignore[call-overload]
    )
    printed, most = done.stdout.rsplit("\nmost memory:", 1)
    return printed + done.stderr, int(most)
