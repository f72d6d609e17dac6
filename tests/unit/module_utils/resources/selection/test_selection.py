# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Selections are checked before anything is asked."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.cegedim.cloud.plugins.module_utils.api.client import query_string
from ansible_collections.cegedim.cloud.plugins.module_utils.api.errors import InputError
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.selection.filters import (
    FILTERS,
    filter_params,
    likely_misspelt,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.selection.queries import (
    LONGEST_QUERY,
    name_chunks,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.selection.selection import (
    Selection,
    check_name,
)
from hypothesis import given
from hypothesis import strategies as st
from itcare_simulator.models import ListQuery


@pytest.mark.parametrize(
    "name", ["PEB4MYAPP01", "web-1.example.com", "été", "a b", "a!b", "{{ x }}"]
)
def test_good_names(name: str) -> None:
    assert check_name(name) == name


@pytest.mark.parametrize(
    "name", ["", " ", " a", "a ", "a,b", ",", "!a", "a\n", "a\x00b", "\x7f", "a\tb", None, 5, ["a"]]
)
def test_bad_names(name: Any) -> None:
    with pytest.raises(InputError, match="^names "):
        check_name(name, "names")


@pytest.mark.parametrize(
    ("filters", "params"),
    [
        (None, {}),
        ({}, {}),
        ({"types": None}, {}),
        ({"types": ["LINUX", "AIX"]}, {"types": ["LINUX", "AIX"]}),
        ({"types": "LINUX"}, {"types": ["LINUX"]}),
        ({"environments": ["PRODUCTION"]}, {"environments": ["PRODUCTION"]}),
        ({"tags": ["app:web", "a:b:c"]}, {"tags": ["app:web", "a:b:c"]}),
        ({"tags": ["app:a\nb"]}, {"tags": ["app:a\nb"]}),
        ({"services": [1, "2"]}, {"services": [1, 2]}),
        ({"services": 3}, {"services": [3]}),
        ({"availability_zones": ["EB-A"]}, {"az": ["EB-A"]}),
        ({"ips": ["10.0.0.1"]}, {"ip": ["10.0.0.1"]}),
        ({"vlans": [101]}, {"vlan": ["101"]}),
        ({"cloud_id": "7"}, {"clouds": 7}),
        ({"monitored": True}, {"monitoringStatus": True}),
        ({"on_call": "no"}, {"monitoringOnCallStatus": False}),
        ({"backed_up": 1}, {"backupStatus": True}),
        ({"replicated": "False"}, {"recoveryStatus": False}),
        ({"in_patch_party": "on"}, {"includedInPatchParty": True}),
    ],
)
def test_filters(filters: dict[str, Any] | None, params: dict[str, Any]) -> None:
    assert filter_params(filters) == params


def test_every_filter_is_a_parameter_of_the_contract() -> None:
    parameters = {described.parameter for described in FILTERS.values()}
    assert parameters == set(ListQuery.model_fields) - {"names", "page", "size", "sort"}


@pytest.mark.parametrize(
    ("filters", "said"),
    [
        ({"enviroments": ["X"]}, "filters has no filter 'enviroments' .did you mean environments"),
        ({"zzz": 1}, "filters has no filter 'zzz': it takes types, .*in_patch_party"),
        ({5: 1}, "filters has no filter '5'"),
        ({"types": []}, "filters.types is empty"),
        ({"types": [""]}, "filters.types takes a list of texts without commas, not ''"),
        ({"types": ["a,b"]}, "filters.types takes a list .* not 'a,b'"),
        ({"types": [None]}, "filters.types takes .* not None"),
        ({"types": [["a"]]}, r"filters.types takes .* not \['a'\]"),
        ({"types": {"a": 1}}, "filters.types takes .*'a': 1"),
        ({"types": True}, "filters.types takes .* not True"),
        ({"tags": ["web"]}, "filters.tags takes tags as key:value, such as app:web, not 'web'"),
        ({"tags": [":web"]}, "filters.tags takes tags"),
        ({"tags": ["app:"]}, "filters.tags takes tags"),
        ({"tags": {"app": "web"}}, "filters.tags takes"),
        ({"services": ["x"]}, "filters.services takes a whole number, not 'x'"),
        ({"services": [True]}, "filters.services takes a whole number, not True"),
        ({"services": [1.5]}, "filters.services takes a whole number, not 1.5"),
        ({"services": [-1]}, "filters.services takes a whole number, not -1"),
        ({"services": []}, "filters.services is empty"),
        ({"cloud_id": ""}, "filters.cloud_id takes a whole number, not ''"),
        ({"cloud_id": [1]}, "filters.cloud_id takes a whole number"),
        ({"monitored": "perhaps"}, "filters.monitored takes true or false, not 'perhaps'"),
        ({"monitored": []}, "filters.monitored takes true or false"),
        ({"monitored": 2}, "filters.monitored takes true or false, not 2"),
    ],
)
def test_wrong_filters(filters: dict[Any, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        filter_params(filters)


def test_the_option_is_named_as_it_was_given() -> None:
    with pytest.raises(InputError, match="^where.types takes"):
        filter_params({"types": [""]}, "where")


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=5,
)


@given(st.sampled_from([*FILTERS, "tag", ""]), anything)
def test_a_filter_is_right_or_named_with_its_value(name: str, value: Any) -> None:
    try:
        params = filter_params({name: value})
    except InputError as error:
        said = str(error)
    else:
        said = f"filters.{name} "
        # what is sent never holds more values than were meant
        for sent in params.values():
            for item in sent if isinstance(sent, list) else [sent]:
                assert "," not in str(item)
    assert f"filters.{name} " in said or f"'{name}'" in said


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"names": ["a", ""]}, "names must not be empty"),
        ({"names": ["a,b"]}, "names is a host name .* 'a,b'"),
        ({"ids": ["x"]}, "ids takes a whole number, not 'x'"),
        ({"ids": [None]}, "ids takes a whole number, not None"),
        ({"filters": {"typ": 1}}, "did you mean types"),
    ],
)
def test_wrong_selections(options: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        Selection.from_options(options)


def test_a_selection_is_read_once() -> None:
    selection = Selection.from_options(
        {"names": ["b", "a", "b"], "ids": [2, "2", 1], "filters": {"monitored": True}}
    )
    assert selection.names == ("b", "a")
    assert selection.ids == (2, 1)
    assert not selection.everything
    assert Selection.from_options({}).everything
    assert Selection.from_options({"names": None, "ids": None, "filters": None}).everything
    assert not Selection.from_options({"names": []}).everything
    assert not Selection.from_options({"ids": []}).everything


@pytest.mark.parametrize(
    ("options", "matches"),
    [
        ({}, True),
        ({"names": ["web1"]}, True),
        ({"names": ["WEB1"]}, False),
        ({"names": ["web"]}, False),
        ({"ids": [7]}, True),
        ({"ids": [8]}, False),
        ({"names": ["web1"], "ids": [8]}, False),
        ({"names": []}, False),
    ],
)
def test_compared_again(options: dict[str, Any], matches: bool) -> None:
    assert Selection.from_options(options).matches({"id": 7, "name": "web1"}) is matches
    assert not Selection.from_options({"ids": [7]}).matches({})


names = st.lists(
    st.text(
        st.characters(exclude_characters=",", exclude_categories=["Cs"]), min_size=1, max_size=60
    ),
    max_size=300,
)


@given(names, st.dictionaries(st.sampled_from(["sort", "types"]), st.text(max_size=50)))
def test_chunks_lose_nothing_and_stay_short(given_names: list[str], params: dict[str, Any]) -> None:
    chunks = list(name_chunks(given_names, params))
    assert [name for chunk in chunks for name in chunk] == given_names
    for chunk in chunks:
        assert chunk
        assert len(query_string({**params, "names": chunk})) <= LONGEST_QUERY or len(chunk) == 1
    for one, two in zip(chunks, chunks[1:]):  # as few as possible
        assert len(query_string({**params, "names": [*one, two[0]]})) > LONGEST_QUERY - 10


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"names": "A, B"}, {"names": ["A", "B"]}),
        ({"names": ["A", " B"]}, {"names": ["A", "B"]}),  # as Ansible splits a text
        ({"exclude_names": "A ,B"}, {"exclude_names": ["A", "B"]}),
        ({"ids": "1, 2"}, {"ids": [1, 2]}),
        ({"ids": 1}, {"ids": [1]}),
        ({"filters": {"types": "LINUX, AIX"}}, {"filters": {"types": ["LINUX", "AIX"]}}),
        ({"filters": {"types": ["LINUX", " AIX"]}}, {"filters": {"types": ["LINUX", "AIX"]}}),
        ({"filters": {"services": "13,14"}}, {"filters": {"services": [13, 14]}}),
        ({"filters": {"services": ["13", " 14"]}}, {"filters": {"services": [13, 14]}}),
        ({"filters": {"tags": "a:b, a:c"}}, {"filters": {"tags": ["a:b", "a:c"]}}),
        ({"filters": {"ips": "10.0.0.1"}}, {"filters": {"ips": ["10.0.0.1"]}}),
    ],
)
def test_one_way_to_give_lists(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert Selection.from_options(one) == Selection.from_options(other)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"names": "A,,B"}, "names must not be empty"),
        ({"names": ""}, "names must not be empty"),
        ({"names": ["A, B"]}, "names is a host name .* not 'A, B'"),
        ({"names": [123]}, "names is a host name .* not 123"),
        ({"names": {"a": 1}}, "names is a host name .* not {'a': 1}"),
        ({"exclude_names": ["!A"]}, "exclude_names is a host name"),
        ({"exclude_names": ""}, "exclude_names must not be empty"),
        ({"ids": "1,x"}, "ids takes a whole number, not 'x'"),
        ({"filters": {"types": "LINUX,"}}, "filters.types takes .* not ''"),
        ({"filters": {"services": ""}}, "filters.services takes a whole number, not ''"),
    ],
)
def test_wrong_lists(options: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        Selection.from_options(options)


@pytest.mark.parametrize(
    ("name", "value", "meant"),
    [
        ("environments", "PROD", "PRODUCTION"),
        ("environments", "prod", "PRODUCTION"),
        ("environments", "PREPROD", "PREPRODUCTION"),
        ("environments", "Dev", "DEVELOPMENT"),
        ("environments", "TST", "TEST"),
        ("environments", "production", None),
        ("environments", "QA", None),
        ("environments", "RECOVERY", None),
        ("statuses", "ACTIV", "ACTIVE"),
        ("statuses", "inactve", "INACTIVE"),
        ("statuses", "active", None),
        ("statuses", "PAUSED", None),
        ("types", "LINUXX", None),
    ],
)
def test_values_that_are_nearly_known(name: str, value: str, meant: str | None) -> None:
    params = filter_params({name: [value]})
    said = [f"filters.{name}: '{value}' isn't a value that is known: {meant} may be meant."]
    assert likely_misspelt(params) == (said if meant else [])
