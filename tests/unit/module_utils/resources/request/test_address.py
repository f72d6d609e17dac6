# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Paths that lead nowhere else, and queries in the API's other spelling of lists."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, quote, unquote

import pytest
from ansible_collections.cegedim.cloud.plugins.module_utils.api.errors import InputError
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.request.address import (
    check_path,
    check_query,
    encode,
    last_number,
)
from hypothesis import given
from hypothesis import strategies as st

REFUSED = [
    "compute/instances", "", " /x", "https://api.cegedim.cloud/itcare/x", "http:/x", "//host/x", None, 7,
    "/", "/x/", "/compute/instances/", "/x//y", "/x//", "/x?a=1", "/x#a", "/x\\y", "/x y", "/x\ty", "/x\n",
    "/x\x00", "/x\x7f", "/x\x85", "/x\x9by", "/x\u00a0y", "/x\u2028y", "/x\udce9",
    "/.", "/..", "/x/..", "/x/../y", "/./x", "/x/.", "/%2e%2e/y", "/x/%2E%2e", "/x/.%2e/y", "/x/%2e", "/%252e%252e/y",
    "/x/%252E.", "/x%2f..%2fy", "/x/..%2Fy", "/x/..%5cy", "/x/..;a=b/y", "/x/%2e%2e;/y",
]  # fmt: skip
TAKEN = [
    "/x", "/compute/instances/10007", "/compute/instances/10007/snapshots/123-snap-42", "/a.b/c..d/...", "/x/%2F",
    "/x/a%20b", "/x/%3Fa", "/x/a:b@c", "/x/~a", "/x/a;b=c", "/x/é", "/x/%C3%A9", "/.well-known/x",
]  # fmt: skip


@pytest.mark.parametrize("option", ["path", "unless.path", "reached.path"])
@pytest.mark.parametrize("path", REFUSED)
def test_rule_2_a_path_that_leads_elsewhere(path: Any, option: str) -> None:
    with pytest.raises(InputError) as caught:
        check_path(path, option)
    assert str(caught.value).startswith(f"{option} ")


@pytest.mark.parametrize("path", TAKEN)
def test_rule_1_a_path_as_it_is_written(path: str) -> None:
    assert check_path(path, "path") == path


@given(st.text(alphabet="/.%2eEfF5cC;ab\\?#\n ", max_size=12))
def test_rule_2_whatever_is_taken_stays_within_the_api(text: str) -> None:
    try:
        path = check_path("/" + text, "path")
    except InputError:
        return
    for decoded in (path, unquote(path), unquote(unquote(path))):
        parts = decoded.replace("\\", "/").split("/")
        assert not {".", ".."} & set(parts)
    assert all(path.split("/")[1:])


@pytest.mark.parametrize(
    ("query", "sent"),
    [
        ({}, ""),
        ({"a": 1, "b": "x"}, "?a=1&b=x"),
        ({"environments": ["PROD", "ALL"]}, "?environments=PROD&environments=ALL"),
        ({"names": "a,b"}, "?names=a%2Cb"),
        ({"names": ["a,b", "c"]}, "?names=a%2Cb&names=c"),
        ({"a": True, "b": False}, "?a=true&b=false"),
        ({"a": [True, 0]}, "?a=true&a=0"),
        ({"a": None, "b": [], "c": [None], "d": ""}, "?d="),
        ({"a": 0, "b": 1.5}, "?a=0&b=1.5"),
        ({"start": "2026-01-01T00:00:00.000+0200"}, "?start=2026-01-01T00%3A00%3A00.000%2B0200"),
        ({"a&b": "c=d/e?f#g"}, "?a%26b=c%3Dd%2Fe%3Ff%23g"),
        ({"a": "é !'()*"}, "?a=%C3%A9%20%21%27%28%29%2A"),
    ],
)
def test_rule_3_a_query(query: dict[str, Any], sent: str) -> None:
    assert encode(check_query(query, "query")) == sent


@given(st.dictionaries(st.text(min_size=1, max_size=5), st.text(max_size=5), max_size=4))
def test_rule_3_a_server_reads_what_was_given(query: dict[str, str]) -> None:
    sent = encode(query)
    assert dict(parse_qsl(sent[1:], keep_blank_values=True)) == query
    assert sent == quote(sent, safe="?&=%")


@pytest.mark.parametrize("value", [{}, {"a": 1}, [{"a": 1}], [[1]]])
@pytest.mark.parametrize("option", ["query", "unless.query"])
def test_rule_2_what_no_query_can_say(value: Any, option: str) -> None:
    with pytest.raises(InputError, match=rf"^{option}\.x takes a text"):
        check_query({"a": 1, "x": value}, option)


@pytest.mark.parametrize("query", [{"x": "\udce9"}, {"x": ["a", "\ud800"]}, {"\udce9": 1}])
def test_rule_2_half_a_character_cannot_be_sent(query: Any) -> None:
    with pytest.raises(InputError, match="a character that is none"):
        check_query(query, "query")


def test_rule_2_a_query_is_a_dictionary() -> None:
    with pytest.raises(InputError, match="^query is a dictionary"):
        check_query(["a"], "query")


@pytest.mark.parametrize(
    ("path", "number"),
    [
        ("/compute/instances/10007", "10007"),
        ("/compute/instances/10007/snapshots/123-snap-42", "10007"),
        ("/compute/containers/kubernetes/7/nodes/12", "12"),
        ("/compute/instances", None),
        ("/x1/v2", None),
    ],
)
def test_rule_10_the_last_number_in_a_path(path: str, number: str | None) -> None:
    assert last_number(path) == number
