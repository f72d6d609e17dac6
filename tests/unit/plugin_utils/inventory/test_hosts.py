# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Addresses of servers: what is taken for one at a glance is what a careful look takes for one."""

from __future__ import annotations

import re

import pytest
from ansible_collections.cegedim.cloud.plugins.plugin_utils.inventory import hosts
from hypothesis import example, given
from hypothesis import strategies as st

OCTETS = st.one_of(
    st.sampled_from(["0", "1", "10", "16", "31", "32", "127", "168", "169", "172", "192", "254"]),
    st.integers(0, 300).map(str),
    st.sampled_from(["00", "01", "010", "", "-1", "1 ", "\u0661", "1e1", "256", "255"]),
)
ADDRESSES = st.builds(
    "{0}{1}".format,
    st.lists(OCTETS, min_size=3, max_size=5).map(".".join),
    st.sampled_from(["", "", "", "\n", "/8", "%1", "."]),
)
PRIVATE = st.tuples(
    st.sampled_from(["10.1", "10.255", "172.16", "172.31", "172.32", "192.168", "192.169"]),
    OCTETS,
    OCTETS,
).map(".".join)


@given(st.one_of(ADDRESSES, PRIVATE))
@example("10.0.0.1\n")
@example("10.0.0.256")
@example("010.0.0.1")
@example("172.15.0.1")
@example("127.0.0.1")
@example("169.254.1.1")
def test_at_a_glance_as_with_care(text: str) -> None:
    at_a_glance = hosts._address_of_a_server(text)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(hosts, "_PRIVATE", re.compile("(?!)"))  # nothing
        assert hosts._address_of_a_server(text) == at_a_glance


@pytest.mark.parametrize("text", ["10.0.0.1", "172.16.255.0", "172.31.0.1", "192.168.1.255"])
def test_usual_ones_are_known_at_a_glance(text: str) -> None:
    assert hosts._PRIVATE.fullmatch(text)
    assert hosts._address_of_a_server(text) == text
