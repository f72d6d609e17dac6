# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor api, private to the collection. The body of an answer: read piece by piece, and no further than a limit.

Unpacking is done here, as most releases of urllib3 unpack a whole piece at once, however much comes of it, and as often
as a header tells them to.
"""

from __future__ import annotations

import codecs
import contextlib
import io
import typing as t
import zlib

from .requests_library import requests, urllib3

ENCODING = "gzip"  # all that is asked for, and taken
LARGEST = 64 * 2**20  # bytes of a body, unpacked; pages of ITCare are a hundred times smaller
LARGEST_ERROR = 64 * 2**10  # bytes of an answer with an error status: a few words are shown
_PIECE = 2**20  # most pages of a list come in one


class BodyError(Exception):
    """Why a body can't be used, to follow "was answered with". `passing`: asking again may help."""

    def __init__(self, message: str, *, passing: bool = False) -> None:
        super().__init__(message)
        self.passing = passing


class _Read(io.BytesIO):
    """A body that requests takes as it is. It would copy any other in pieces of ten kilobytes."""

    def stream(self, *_how: object, **_more: object) -> t.Iterator[bytes]:
        yield self.read()


def read_body(response: requests.Response) -> None:
    """Puts the body, unpacked, where `response.content` and `text` find it. The connection is kept when all was read.

    Raises BodyError, or what requests raises for failures of the network.
    """
    try:
        if response.status_code < 200:  # what it promises isn't HTTP
            raise BodyError(f"{response.status_code}, which is no answer")
        body = _whole(response) if 200 <= response.status_code < 300 else _beginning(response)
    finally:
        response.close()  # which cuts what wasn't read
    response.raw = _Read(body)
    response.encoding = _encoding(body)


def _whole(response: requests.Response) -> bytes:
    pieces: list[bytes] = []
    size = 0
    for piece in _unpacked(response, _PIECE):
        size += len(piece)
        if size > LARGEST:
            pieces.clear()
            raise BodyError(f"more than {LARGEST // 2**20} MiB, so it was cut")
        pieces.append(piece)
    return b"".join(pieces)


def _beginning(response: requests.Response) -> bytes:
    """An error status says what is needed, whatever its body is; one that is cut by the network is a failure as any other."""
    body = b""
    with contextlib.suppress(BodyError):
        for piece in _unpacked(response, LARGEST_ERROR):
            body += piece
            if len(body) > LARGEST_ERROR:
                break
    return body[:LARGEST_ERROR]


def _unpacked(response: requests.Response, most: int) -> t.Iterator[bytes]:
    """The body in pieces of at most so many bytes."""
    encoding = response.headers.get("Content-Encoding", "").strip().lower()
    if encoding in ("", "identity"):
        yield from _pieces(response, most)
    elif encoding in ("gzip", "x-gzip"):
        yield from _gunzip(_pieces(response, most), most)
    else:
        raise BodyError(f"the encoding {encoding[:40]!r}, which wasn't asked for")


def _pieces(response: requests.Response, most: int) -> t.Iterator[bytes]:
    """As they come over the network."""
    exceptions = urllib3.exceptions
    try:
        while piece := response.raw.read(most, decode_content=False):
            yield piece
    except exceptions.ReadTimeoutError as error:
        raise requests.exceptions.ReadTimeout(error) from None
    except exceptions.SSLError as error:
        raise requests.exceptions.SSLError(error) from None
    except (exceptions.HTTPError, OSError, ValueError) as error:
        raise requests.exceptions.ChunkedEncodingError(error) from None


def _gunzip(pieces: t.Iterable[bytes], most: int) -> t.Iterator[bytes]:
    """A file of gzip, which may have several members."""
    member = zlib.decompressobj(wbits=31)
    begun = False
    try:
        for piece in pieces:
            while piece:
                begun = True
                yield from _inflated(member, piece, most)
                piece = member.unused_data
                if piece:
                    member = zlib.decompressobj(wbits=31)
    except zlib.error:
        raise BodyError("gzip that can't be unpacked", passing=True) from None
    if begun and not member.eof:
        raise BodyError("gzip that ends too early", passing=True)


def _inflated(member: t.Any, piece: bytes, most: int) -> t.Iterator[bytes]:
    while True:
        some = member.decompress(piece, most)
        yield some
        piece = member.unconsumed_tail
        if member.eof or not piece and len(some) < most:
            return


def _encoding(body: bytes) -> str:
    """For the words of an error. Pages of old proxies aren't in UTF-8; to let requests guess takes minutes for a large one."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(body[:LARGEST_ERROR])
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8"
