# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""JSON that others would stumble over later is refused or mended where it is read; all other JSON is what json makes of it."""

from __future__ import annotations

import json
import math
import sys
from typing import Any

import pytest
from ansible_collections.cegedim.cloud.plugins.module_utils.api import errors
from ansible_collections.cegedim.cloud.plugins.module_utils.api.bodies import BodyError
from ansible_collections.cegedim.cloud.plugins.module_utils.api.parsing import (
    DEEPEST,
    MOST_VALUES,
    parse,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from support.misbehaving import misbehaving

TEXTS = st.text(st.characters(exclude_categories=["Cs"])) | st.sampled_from(
    ['"', "\\", "[", "]", "{", "}", '\\"[', "[[", '"]', "\\ud800", "\ud83d\ude00", "\U0001f600"]
).map(lambda text: text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)
REFUSED = {
    "nothing but brackets": b"[" * 100_000,
    "lists": b"[" * 50_000 + b"]" * 50_000,
    "objects": b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    "one level more than allowed": b"[" * (DEEPEST + 1) + b"]" * (DEEPEST + 1),
    "levels among others": b'[1,{"a":' * 40 + b"1" + b"},2]" * 40,
    "levels with brackets in texts": b'["]",' * 70 + b"1" + b',"["]' * 70,
    "levels with quotes in texts": b'["a\\"[",' * 70 + b"1" + b"]" * 70,
    "levels with backslashes in texts": b'["\\\\",' * 70 + b"1" + b"]" * 70,
    "NaN": b'{"a": NaN}',
    "infinity": b"[Infinity]",
    "minus infinity": b"[-Infinity]",
    "beyond all floats": b"[1e999]",
    "beyond all floats, below zero": b"[-1e999]",
    "a million digits": b"[" + b"9" * 10**6 + b"]",
    "a million digits of a float": b"[" + b"9" * 10**6 + b".0]",
    "many values": b"[" + b"[]," * MOST_VALUES + b"[]]",
    "UTF-16": "[1]".encode("utf-16"),
    "UTF-32": "[1]".encode("utf-32"),
    "Latin-1": b'["\xe9"]',
    "half a character": b'["\xc3',
    "surrogates as UTF-8": b'["\xed\xa0\x80"]',
    "a NUL": b'["\x00"]',
    "two values": b"[1] [2]",
    "no JSON": b"hello",
}


@pytest.mark.parametrize("body", REFUSED.values(), ids=REFUSED)
def test_refused(body: bytes) -> None:
    with pytest.raises(BodyError) as caught:
        parse(body)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 100


@pytest.mark.parametrize("kind", ["nothing but brackets", "NaN", "a million digits", "Latin-1"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_request_is_named(kind: str, method: str) -> None:
    with misbehaving(
        lambda m, path, headers: None if path == "/token" else (200, {}, REFUSED[kind])
    ) as server:
        client = server.client(retries=1)
        with pytest.raises(
            errors.ConnectionFailedError, match=f"^{method} /a was answered"
        ) as caught:
            client.get("/a") if method == "GET" else client.write(method, "/a", {})
    assert caught.value.arrived


@given(VALUES, st.booleans())
def test_all_other_json(value: Any, escaped: bool) -> None:
    assert parse(json.dumps(value, ensure_ascii=escaped).encode()) == value


@settings(max_examples=60)
@given(
    st.integers(1, 2 * DEEPEST),
    st.integers(1, 5),
    st.sampled_from(["x", "[", '"']),
    st.just(0) | VALUES,
)
def test_levels_are_counted(levels: int, objects: int, deep: Any, beside: Any) -> None:
    """Of lists and objects, with anything beside them."""
    for number in range(levels):
        deep = {"a": beside, "b": deep} if number % objects else [beside, deep, beside]
    body = json.dumps(deep).encode()

    def depth(inner: Any) -> int:
        if isinstance(inner, dict):
            inner = list(inner.values())
        return 1 + max(map(depth, inner), default=0) if isinstance(inner, list) else 0

    if depth(deep) <= DEEPEST:
        assert parse(body) == deep
        return
    with pytest.raises(BodyError, match=f"more than {DEEPEST} levels"):
        parse(body)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"\ud800", "\ufffd"),
        (r"a\udfffb", "a\ufffdb"),
        (r"\ud800\ud800", "\ufffd\ufffd"),
        (r"\ud83d\ude00", "\U0001f600"),
        (r"\uD83D\uDE00", "\U0001f600"),
        (r"\ud83d\ud83d\ude00", "\ufffd\U0001f600"),
        (r"\ude00\ud83d", "\ufffd\ufffd"),
        (r"\\ud800", r"\ud800"),
        (r"\\\ud800", "\\\ufffd"),
        (r"\ud800x\ude00", "\ufffdx\ufffd"),
    ],
)
def test_half_a_pair_of_surrogates_is_replaced(text: str, expected: str) -> None:
    found = parse(f'{{"{text}": ["{text}"]}}'.encode())
    assert found == {expected: [expected]}
    json.dumps(found, ensure_ascii=False).encode()


@given(
    st.lists(
        st.sampled_from(["\\ud800", "\\uDC00", "\\\\", '\\"', "\\n", "a", "ud800"]), max_size=8
    )
)
def test_no_half_is_left(parts: list[str]) -> None:
    (found,) = parse(f'["{"".join(parts)}"]'.encode())
    found.encode()


@given(st.binary())
def test_any_bytes(body: bytes) -> None:
    try:
        json.dumps(parse(body), allow_nan=False, ensure_ascii=False).encode()
    except BodyError:
        pass


@given(st.text("0123456789.eE+-", min_size=1, max_size=30))
def test_any_number(text: str) -> None:
    try:
        found = parse(text.encode())
    except BodyError:
        return
    assert math.isfinite(found)


def test_numbers_as_long_as_python_itself_takes_them() -> None:
    assert parse(b"9" * 4300) == 10**4300 - 1
    assert str(parse(b"-" + b"9" * 4300)).startswith("-9")
    assert sys.get_int_max_str_digits() >= 4300


@pytest.mark.parametrize("body", [b"", b" \n ", b"\r\n"])
def test_nothing(body: bytes) -> None:
    assert parse(body) is None
