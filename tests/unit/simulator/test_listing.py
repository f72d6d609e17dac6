# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The list of instances: filters, pages, sorting."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Document = dict[str, Any]
PATH = "/compute/instances"


@pytest.fixture
def fleet(api: Any) -> list[Document]:
    """150 instances with their tags, which only the control API shows."""
    api.simulator.reset(instances=150, seed=3)
    api.login()
    api.simulator.settings(max_page_size=200)
    return [
        api.simulator.control("GET", f"/control/instances/{instance['id']}")
        for instance in api.list()
    ]


FILTERS: dict[str, tuple[dict[str, Any], Callable[[Document], bool]]] = {
    "services": ({"services": "13,14"}, lambda i: i["serviceId"] in (13, 14)),
    "services repeated": ({"services": ["13", "14"]}, lambda i: i["serviceId"] in (13, 14)),
    "types": ({"types": "WINDOWS,AIX"}, lambda i: i["type"] in ("WINDOWS", "AIX")),
    "families": ({"families": "DEBIAN,RHEL"}, lambda i: i["family"] in ("DEBIAN", "RHEL")),
    "environments": ({"environments": "PRODUCTION"}, lambda i: i["environment"] == "PRODUCTION"),
    "words in any case": ({"environments": "Test"}, lambda i: i["environment"] == "TEST"),
    "statuses": ({"statuses": "INACTIVE"}, lambda i: i["status"] == "INACTIVE"),
    "tag": ({"tags": "app:web"}, lambda i: "app:web" in i["tags"]),
    "two tags": (
        {"tags": "env:production,team:health"},
        lambda i: {"env:production", "team:health"} <= set(i["tags"]),
    ),
    "monitored": ({"monitoringStatus": "true"}, lambda i: i["monitoringEnabled"]),
    "not monitored": ({"monitoringStatus": "false"}, lambda i: not i["monitoringEnabled"]),
    "on call": ({"monitoringOnCallStatus": "true"}, lambda i: i["monitoringOnCallEnabled"]),
    "backup": ({"backupStatus": "false"}, lambda i: not i["backupStatus"]),
    "recovery": ({"recoveryStatus": "true"}, lambda i: i["replicationStatus"]),
    "in a patch party": (
        {"includedInPatchParty": "true"},
        lambda i: not i["patchParty"]["excluded"],
    ),
    "excluded": ({"includedInPatchParty": "false"}, lambda i: i["patchParty"]["excluded"]),
    "zone": ({"az": "EB-A,EB-B"}, lambda i: i["availabilityZone"]["id"] in ("EB-A", "EB-B")),
    "clouds": ({"clouds": "2"}, lambda i: i["cloudId"] == 2),
    "both": (
        {"types": "LINUX", "environments": "PRODUCTION"},
        lambda i: i["type"] == "LINUX" and i["environment"] == "PRODUCTION",
    ),
    "empty means all": ({"names": "", "types": ""}, lambda i: True),
    "unknown is ignored": ({"colour": "blue"}, lambda i: True),
}


@pytest.mark.parametrize("name", FILTERS)
def test_filter(api: Any, fleet: list[Document], name: str) -> None:
    query, wanted = FILTERS[name]
    expected = [instance["id"] for instance in fleet if wanted(instance)]
    assert expected, "the fleet has none to test with"
    assert [instance["id"] for instance in api.list(**query)] == expected


def test_filters_by_values_of_an_instance(api: Any, fleet: list[Document]) -> None:
    one = fleet[7]
    assert [i["id"] for i in api.list(ip=one["ipAddress"])] == [one["id"]]
    network = one["network"]["technicalId"]
    assert {i["network"]["technicalId"] for i in api.list(vlan=network)} == {network}


def test_names(api: Any, fleet: list[Document]) -> None:
    first, second, third = (instance["name"] for instance in fleet[:3])
    everyone = {instance["name"] for instance in fleet}
    assert len(everyone) == len(fleet)

    def found(names: str) -> set[str]:
        return {instance["name"] for instance in api.list(names=names)}

    assert found(f"{first},{second}") == {first, second}
    assert found(f"!{first},!{second}") == everyone - {first, second}
    assert found(f"{first},!{first},{third}") == {third}
    assert found(first.lower()) == set()
    assert found(first[:-1]) == set()
    api.simulator.settings(names_match="ignorecase")
    assert found(first.lower()) == {first}
    api.simulator.settings(names_match="prefix")
    prefix = first[:4]
    assert found(prefix) == {name for name in everyone if name.startswith(prefix)}


def test_any_tag(api: Any, fleet: list[Document]) -> None:
    api.simulator.settings(tags_match="any")
    found = {i["id"] for i in api.list(tags="app:web,app:crm")}
    assert found == {i["id"] for i in fleet if {"app:web", "app:crm"} & set(i["tags"])}


def test_tags_are_never_shown(api: Any) -> None:
    assert "tags" not in api.list()[0]


@pytest.mark.parametrize(
    "query",
    [
        {"services": "x"},
        {"clouds": "x"},
        {"names": "a,!"},
        {"tags": "app"},
        {"tags": "app:"},
        {"backupStatus": "maybe"},
        {"page": "-1"},
        {"page": "x"},
        {"size": "0"},
        {"size": "x"},
        {"sort": "colour"},
        {"sort": "region"},
        {"sort": "name,upwards"},
        {"sort": "name,asc,id"},
        {"sort": ["name", "id"]},
    ],
)
def test_malformed(api: Any, refused: Any, query: dict[str, Any]) -> None:
    field = next(iter(query))
    message = refused(api.call("GET", PATH, params=query), 400, *_with_index(api, query, field))
    assert field in message


def _with_index(api: Any, query: dict[str, Any], field: str) -> list[str]:
    """An element of a list is named by its position too."""
    return [f"{field}.0"] if field in ("services", "clouds") else [field]


def test_pages(api: Any) -> None:
    api.simulator.settings(max_page_size=15)
    pages = [api.get(PATH, page=number, size=100) for number in range(4)]
    assert [page["numberOfElements"] for page in pages] == [15, 15, 10, 0]
    assert [page["number"] for page in pages] == [0, 1, 2, 3]
    assert {page["size"] for page in pages} == {15}
    assert {page["totalElements"] for page in pages} == {40}
    assert {page["totalPages"] for page in pages} == {3}
    assert [page["first"] for page in pages] == [True, False, False, False]
    assert [page["last"] for page in pages] == [False, False, True, True]
    assert [page["empty"] for page in pages] == [False, False, False, True]
    assert len({item["id"] for page in pages for item in page["content"]}) == 40
    assert pages[2]["pageable"]["offset"] == 30
    assert api.get(PATH)["size"] == 15  # the default of 20 is above the maximum
    assert [entry["page"] for entry in api.simulator.requests()[-5:]] == [0, 1, 2, 3, 0]


def test_no_instance_at_all(api: Any) -> None:
    page = api.get(PATH, names="NOBODY")
    assert (page["totalElements"], page["totalPages"], page["content"]) == (0, 0, [])
    assert page["first"]
    assert page["last"]


@pytest.mark.parametrize(
    ("sort", "key"),
    [
        ("name", lambda i: i["name"]),
        ("cpu", lambda i: i["cpu"]),
        ("region.id", lambda i: i["region"]["id"]),
        ("patchParty.patchGroup", lambda i: i["patchParty"]["patchGroup"] or ""),
        ("snapshot.id", lambda i: (i["snapshot"] or {}).get("id", "")),
    ],
)
def test_sort(api: Any, sort: str, key: Callable[[Document], Any]) -> None:
    instances = api.list()
    assert api.list(sort=sort) == sorted(instances, key=key)
    assert api.list(sort=f"{sort},asc") == sorted(instances, key=key)
    assert api.list(sort=f"{sort},DESC") == sorted(instances, key=key, reverse=True)
    page = api.get(PATH, sort=f"{sort},desc")
    assert page["sort"] == page["pageable"]["sort"]
    assert (page["sort"][0]["property"], page["sort"][0]["direction"]) == (sort, "DESC")


def test_the_count_can_lie(api: Any) -> None:
    api.simulator.settings(count_offset=3)
    page = api.get(PATH, size=200)
    assert (page["totalElements"], len(page["content"])) == (43, 40)


def test_a_list_shows_what_has_changed(api: Any) -> None:
    before = api.list(statuses="ACTIVE")
    api.finish(api.patch(before[0]["id"], "stop"))
    assert api.list(statuses="ACTIVE") == before[1:]


def test_filters_can_be_ignored(api: Any, fleet: list[Document]) -> None:
    api.simulator.settings(ignored_filters=["types", "sort"])
    found = api.list(types="AIX", environments="PRODUCTION", sort="name,desc")
    assert [i["id"] for i in found] == [i["id"] for i in fleet if i["environment"] == "PRODUCTION"]


def test_another_order_by_default(api: Any, fleet: list[Document]) -> None:
    api.simulator.settings(default_sort="name,desc")
    names = [instance["name"] for instance in api.list()]
    assert names == sorted(names, reverse=True)
    assert [i["id"] for i in api.list(sort="id")] == [i["id"] for i in fleet]
