# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Selections against the server: what is asked, how often, and what comes back."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.cegedim.cloud.plugins.module_utils.api import errors
from ansible_collections.cegedim.cloud.plugins.module_utils.api.client import query_string
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.instance.gather import gather
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.selection import selection
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.selection.queries import (
    read_by_id,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.selection.selection import (
    Selection,
    fetch,
    resolve,
)
from support.client import calls, client_of
from support.simulator import Simulator

TOKEN = "POST /auth/realms/cloud/protocol/openid-connect/token"
LIST = "GET /compute/instances"


def select(**options: Any) -> Selection:
    return Selection.from_options(options)


def found_names(simulator: Simulator, **options: Any) -> list[str]:
    return [found["name"] for found in fetch(client_of(simulator), select(**options))]


@pytest.fixture
def family(simulator: Simulator) -> dict[str, int]:
    """Names that a server which matches loosely takes for one another."""
    names = ["WEB1", "WEB10", "web1", "WEB", "db1"]
    return {name: simulator.add(name=name)["id"] for name in names}


@pytest.mark.parametrize("match", ["exact", "prefix", "ignorecase"])
def test_names_are_compared_again(simulator: Simulator, family: dict[str, int], match: str) -> None:
    simulator.settings(names_match=match)
    assert found_names(simulator, names=["WEB1"]) == ["WEB1"]
    assert sorted(found_names(simulator, names=["WEB", "db1", "none"])) == ["WEB", "db1"]


@pytest.mark.parametrize("match", ["exact", "prefix", "ignorecase"])
def test_read_by_name(simulator: Simulator, family: dict[str, int], match: str) -> None:
    simulator.settings(names_match=match)
    found = selection.read_by_name(client_of(simulator), "WEB1")
    assert found is not None
    assert found["id"] == family["WEB1"]
    assert selection.read_by_name(client_of(simulator), "WEB2") is None
    assert selection.read_by_name(client_of(simulator), "DB1") is None


def test_two_of_one_name(simulator: Simulator) -> None:
    ids = sorted(simulator.add(name="TWIN")["id"] for _time in range(2))
    with pytest.raises(errors.InputError, match=f"'TWIN' .ids {ids[0]}, {ids[1]}.*with id"):
        selection.read_by_name(client_of(simulator), "TWIN")
    assert len(fetch(client_of(simulator), select(names=["TWIN"]))) == 2
    with pytest.raises(errors.InputError, match=f"'TWIN' is the name of several .ids {ids[0]}, "):
        resolve(client_of(simulator), select(names=["TWIN"]))
    assert len(resolve(client_of(simulator), select(ids=ids))) == 2
    assert len(resolve(client_of(simulator), select(names=["TWIN"], ids=ids[:1]))) == 1


def test_read_by_id(simulator: Simulator) -> None:
    found = read_by_id(client_of(simulator), 10001)
    assert found is not None
    assert found["id"] == 10001
    assert read_by_id(client_of(simulator), 5) is None


@pytest.mark.parametrize(
    ("options", "asked"),
    [
        ({}, [LIST]),
        ({"names": ["PEB4TEST01"]}, [LIST]),
        ({"names": ["WEB1"]}, [LIST, LIST]),  # its other spelling
        ({"names": ["WEB1", "WEB2"], "filters": {"monitored": True}}, [LIST, LIST]),
        ({"filters": {"environments": ["PRODUCTION"]}}, [LIST]),
        ({"ids": [10001]}, [f"{LIST}/10001"]),
        ({"ids": [10001, 10002]}, [LIST, LIST]),  # the count, and the list
        ({"ids": [10001, 10002], "filters": {"monitored": True}}, [LIST]),
        ({"names": ["WEB1"], "ids": [10001]}, [LIST, LIST]),
        ({"names": ["123"]}, [LIST]),
        ({"filters": {"tags": ["app:web"]}}, [LIST]),
        ({"filters": {"tags": ["app:web", "app:db", "team:x"]}}, [LIST] * 3),
        ({"exclude_names": ["WEB1"]}, [LIST, LIST]),
        ({"names": ["PEB4TEST01"], "exclude_names": ["WEB1"]}, [LIST]),
        ({"names": []}, []),
        ({"ids": []}, []),
    ],
)
def test_the_fewest_requests(
    simulator: Simulator, options: dict[str, Any], asked: list[str]
) -> None:
    simulator.add(name="PEB4TEST01")
    fetch(client_of(simulator), select(**options))
    assert calls(simulator) == ([TOKEN, *asked] if asked else [])


@pytest.mark.parametrize(
    ("ids", "asked"),
    [
        ([10001, 10002, 10999], [LIST, f"{LIST}/10001", f"{LIST}/10002", f"{LIST}/10999"]),
        (list(range(10001, 10101)), [LIST] * 8),
        (list(range(10001, 11001)), [LIST] * 8),
    ],
)
def test_ids_of_a_larger_fleet(simulator: Simulator, ids: list[int], asked: list[str]) -> None:
    simulator.reset(instances=1000)
    found = fetch(client_of(simulator), select(ids=ids))
    assert sorted(instance["id"] for instance in found) == ids
    assert calls(simulator) == [TOKEN, *asked]


def fleet(simulator: Simulator, count: int) -> list[str]:
    simulator.reset(instances=count)
    names = [instance["name"] for instance in fetch(client_of(simulator), select())]
    simulator.clear_requests()
    return names


def longest_url(simulator: Simulator) -> int:
    return max(
        len(f"{simulator.root_url}{entry['path']}{query_string(entry['query'])}")
        for entry in simulator.requests()
    )


def test_more_names_than_an_address_holds(simulator: Simulator) -> None:
    names = fleet(simulator, 3000)
    wanted = names[100:1100] + ["NONE"]
    found = fetch(client_of(simulator), select(names=wanted))
    assert sorted(instance["name"] for instance in found) == sorted(wanted[:-1])
    assert longest_url(simulator) < 8000
    queries = [entry["query"] for entry in simulator.requests()[1:]]
    assert queries[0] == {"page": "0", "size": "1"}  # how many there are at all
    assert queries.pop()["names"] == "NONE,none"
    assert {name for query in queries[1:] for name in query["names"].split(",")} == set(wanted)


def test_a_full_list_where_it_is_cheaper(simulator: Simulator) -> None:
    names = fleet(simulator, 300)
    wanted = names + [f"NO{number:05}" for number in range(1000)]
    found = fetch(client_of(simulator), select(names=wanted, filters={"monitored": True}))
    assert 0 < len(found) < 300
    assert longest_url(simulator) < 8000
    queries = [entry["query"] for entry in simulator.requests()[1:]]
    assert {query.get("names") for query in queries} == {None}
    # The count and the list; without the filter for the names that weren't found.
    monitored = [query.get("monitoringStatus") for query in queries]
    assert monitored == ["true"] * monitored.count("true") + [None] * 5


@pytest.mark.parametrize(("page_size", "requests"), [(200, 1 + 1 + 1), (2, 1 + 1 + 30)])
def test_many_ids_in_small_pages(simulator: Simulator, page_size: int, requests: int) -> None:
    """The token and the count; then all in one page, or each id instead of 52 pages."""
    fleet(simulator, 100)
    ids = list(range(10001, 10031))
    found = fetch(client_of(simulator), select(ids=ids), page_size=page_size)
    assert sorted(instance["id"] for instance in found) == ids
    assert len(simulator.requests()) == requests


@pytest.mark.parametrize(("page_size", "requests"), [(200, 1 + 1 + 1), (10, 1 + 1 + (4 + 2) + 1)])
def test_many_names_in_small_pages(simulator: Simulator, page_size: int, requests: int) -> None:
    """The token and the count; then all in one page, or 34 and 6 of the names instead of 12 pages of all."""
    simulator.reset(instances=60)
    names = [f"{number:02}{'x' * 200}" for number in range(40)]
    for name in names:
        simulator.add(name=name)
    simulator.clear_requests()
    found = fetch(client_of(simulator), select(names=names), page_size=page_size)
    assert sorted(instance["name"] for instance in found) == names
    assert len(simulator.requests()) == requests


def test_other_spellings_in_small_pages(simulator: Simulator) -> None:
    """The query for names that weren't found keeps to the page size, too."""
    simulator.clear_requests()
    assert fetch(client_of(simulator), select(names=["none1", "none2"]), page_size=7) == []
    queries = [entry["query"] for entry in simulator.requests()[1:]]
    assert [query["size"] for query in queries] == ["7", "7"]
    assert queries[1]["names"] == "NONE1,none1,NONE2,none2"


def test_many_names_in_order(simulator: Simulator) -> None:
    names = fleet(simulator, 1500)
    options = {"names": names[:1000], "sort": "name,desc"}
    found = gather(client_of(simulator), options).values["instances"]
    assert [i["name"] for i in found] == sorted(names[:1000], reverse=True)
    assert longest_url(simulator) < 8000


def test_missing_ones_are_named_in_one_error(simulator: Simulator, family: dict[str, int]) -> None:
    simulator.add(name="db1")
    for options, said in (
        ({"names": ["x", "WEB", "y"]}, "not found: x, y. Nothing was changed"),
        ({"ids": [5, 10001, 6]}, "no instance with id 5, 6. Nothing was changed"),
        ({"ids": [5]}, "no instance with id 5. Nothing"),
        ({"names": ["db1", "x"]}, "not found: x; 'db1' is the name of several .ids"),
        ({"names": ["WEB"], "ids": [family["WEB1"]]}, "not found: WEB; no instance with id"),
        (
            {"names": ["WEB"], "filters": {"types": ["NONE"]}},
            "not found with these filters: WEB. Nothing",
        ),
        ({"names": ["web1", "WEB 1"]}, "not found: WEB 1"),
    ):
        with pytest.raises(errors.InputError, match=said):
            resolve(client_of(simulator), select(**options))


@pytest.mark.parametrize("options", [{"names": []}, {"ids": []}, {"filters": {"types": ["NONE"]}}])
def test_an_empty_selection(simulator: Simulator, options: dict[str, Any]) -> None:
    with pytest.raises(errors.InputError, match="matches no instance. Nothing was changed"):
        resolve(client_of(simulator), select(**options))


@pytest.mark.parametrize("options", [{}, {"filters": {}}, {"filters": {"types": None}}])
def test_everything_is_never_a_target(simulator: Simulator, options: dict[str, Any]) -> None:
    with pytest.raises(errors.InputError, match="never takes all instances"):
        resolve(client_of(simulator), select(**options))
    assert not simulator.requests()


def test_max_targets(simulator: Simulator) -> None:
    chosen = select(filters={"statuses": ["ACTIVE", "INACTIVE"]})
    assert len(resolve(client_of(simulator), chosen, 40)) == 40
    with pytest.raises(errors.InputError, match=r"40 instances, more than max_targets \(39\)"):
        resolve(client_of(simulator), chosen, 39)


def test_an_answer_that_is_no_list(simulator: Simulator) -> None:
    simulator.fault(method="GET", count=0, fault={"status": 200, "body": '{"status": "UP"}'})
    for options in ({"names": ["a"]}, {"ids": [1, 2]}, {"filters": {"types": ["LINUX"]}}):
        with pytest.raises(errors.IncompleteListError, match="check api_url"):
            resolve(client_of(simulator), select(**options))


def test_a_list_that_stays_short_is_no_selection(simulator: Simulator) -> None:
    simulator.settings(count_offset=1)
    with pytest.raises(errors.IncompleteListError):
        resolve(client_of(simulator), select(filters={"types": ["LINUX"]}))


def test_ids_that_are_sent_as_texts(simulator: Simulator, family: dict[str, int]) -> None:
    def as_text(_path: str, data: Any) -> Any:
        for item in data.get("content", [data]):
            item["id"] = str(item["id"]) if "id" in item else None
        return data

    client = client_of(simulator, shows=as_text)
    one, two = family["WEB1"], family["db1"]
    for ids in ([one], [one, two], [one, two, *range(10001, 10041)]):
        assert {i["id"] for i in resolve(client, select(ids=ids))} == set(ids)
