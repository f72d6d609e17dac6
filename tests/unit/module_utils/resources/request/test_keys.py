# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Dotted paths into answers and bodies."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from ansible_collections.cegedim.cloud.plugins.module_utils.api.errors import InputError
from ansible_collections.cegedim.cloud.plugins.module_utils.api.masking import MASK
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.request.keys import (
    masked_at,
    read_key,
    values_at,
)
from hypothesis import given
from hypothesis import strategies as st

DATA = {
    "id": 7,
    "ipAddress": "10.0.0.1",
    "isMemberOFLoadBalancer": False,
    "network": {"dns": [{"alias": "a", "domain": "x"}, {"alias": "b"}], "cidr": None},
    "labels": {"app.kubernetes.io/name": "web"},
    "matrix": [[{"n": 1}], [{"n": 2}, {"n": 3}]],
}
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text("ab", max_size=2),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.text("aB", min_size=1, max_size=2), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.lists(st.sampled_from(["a", "B", "aB", "a_b", "b", "0", "1"]), min_size=1, max_size=3)


@pytest.mark.parametrize(
    ("key", "found"),
    [
        ("id", [7]),
        ("ipAddress", ["10.0.0.1"]),
        ("ip_address", ["10.0.0.1"]),
        ("IPADDRESS", []),
        ("is_member_of_load_balancer", [False]),
        ("network.cidr", [None]),
        ("network.dns.0.alias", ["a"]),
        ("network.dns.1.domain", []),
        ("network.dns.2.alias", []),
        ("network.dns.alias", ["a", "b"]),
        ("network.dns.domain", ["x"]),
        ("network.nothing.alias", []),
        ("id.more", []),
        ("labels.app.kubernetes.io/name", ["web"]),
        ("matrix.n", [1, 2, 3]),
        ("matrix.1.n", [2, 3]),
        ("matrix.1.0.n", [2]),
    ],
)
def test_rule_7_a_key(key: str, found: list[Any]) -> None:
    assert list(values_at(DATA, read_key(key, "unless.key"))) == found


@pytest.mark.parametrize("answer", [None, "text", 5, True])
def test_rule_7_nothing_is_in_what_has_no_keys(answer: Any) -> None:
    assert list(values_at(answer, ("a",))) == []


@pytest.mark.parametrize("key", ["", ".", "a.", ".a", "a..b", " ", True, ["a"], {}])
@pytest.mark.parametrize("option", ["unless.key", "sensitive"])
def test_rule_7_what_is_no_key(key: Any, option: str) -> None:
    with pytest.raises(InputError, match=f"^{option} is a dotted path"):
        read_key(key, option)


def test_rule_12_what_is_masked_at_a_path() -> None:
    masked = masked_at(DATA, ("network", "dns", "alias"))
    shown = [{"alias": MASK, "domain": "x"}, {"alias": MASK}]
    assert masked == {**DATA, "network": {"dns": shown, "cidr": None}}
    assert masked_at(DATA, ("network", "dns")) == {**DATA, "network": {"dns": MASK, "cidr": None}}
    assert masked_at(DATA, ("is_member_of_load_balancer",))["isMemberOFLoadBalancer"] == MASK


@given(DOCUMENTS, KEYS)
def test_rule_12_masking_finds_what_looking_finds_and_changes_nothing_else(
    data: Any, key: list[str]
) -> None:
    before = copy.deepcopy(data)
    masked = masked_at(data, key)
    assert data == before
    assert all(value in (MASK, "", None) for value in values_at(masked, key))
    if not list(values_at(data, key)):
        assert masked == data
