# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the service lists is compared again: filters that it ignores, tags, excluded names, names in another case."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.cegedim.cloud.plugins.module_utils.api import errors
from ansible_collections.cegedim.cloud.plugins.module_utils.api.client import Client, query_string
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.instance import (
    gather as instance_queries,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.instance.ensure import (
    ensure as ensure_instance,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.patch_party.ensure import (
    ensure as ensure_patch_party,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.patch_party.gather import (
    gather as gather_patch_party,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.selection.filters import (
    FILTERS,
    mismatches,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.selection.selection import (
    Selection,
    fetch,
    ids_with_tag,
    resolve,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.snapshot.gather import (
    gather as gather_snapshot,
)
from support.client import WAIT, client_of, instance_of
from support.simulator import Simulator

PATH = "/compute/instances$"


def select(**options: Any) -> Selection:
    return Selection.from_options(options)


def found_names(simulator: Simulator, **options: Any) -> list[str]:
    return sorted(found["name"] for found in fetch(client_of(simulator), select(**options)))


def queries(simulator: Simulator) -> list[dict[str, str]]:
    return [e["query"] for e in simulator.requests() if e["path"].endswith("/compute/instances")]


# -- filters ----------------------------------------------------------------------------------------

# filter -> (value, fields that fit, fields that don't)
SHOWN: dict[str, tuple[Any, list[dict[str, Any]], list[dict[str, Any]]]] = {
    "types": (
        ["LINUX", "aix"],
        [{"type": "linux"}, {"type": "VM", "osType": "AIX"}, {"type": "VM", "technology": "LINUX"}],
        [{"type": "WINDOWS"}, {"osType": "WINDOWS"}, {"type": "VM", "osType": "WINDOWS"}],
    ),
    "families": (
        ["DEBIAN"],
        [{"family": "Debian"}, {"family": "LINUX", "osType": "DEBIAN"}, {"osType": "RHEL"}],
        [{"family": "RHEL"}],
    ),
    "environments": (["PRODUCTION"], [{"environment": "production"}], [{"environment": "TEST"}]),
    "statuses": (["ACTIVE", "PAUSED"], [{"status": "paused"}], [{"status": "INACTIVE"}]),
    "services": (
        [13, 14],
        [{"serviceId": 13}, {"serviceId": "14"}, {"serviceId": 13.0}, {"serviceId": "13.0"}],
        [{"serviceId": 15}, {"serviceId": "130"}],
    ),
    "availability_zones": (
        ["EB-A"],
        [
            {"availabilityZone": {"id": "eb-a"}},
            {"availabilityZone": {"id": "1"}, "labelAvailabilityZone": "EB-A"},
            {"availabilityZone": None, "labelAvailabilityZone": "EB-B"},
        ],
        [{"availabilityZone": {"id": "EB-B"}, "labelAvailabilityZone": "EB-B"}],
    ),
    "ips": (
        ["10.0.0.1"],
        [{"ipAddress": "10.0.0.1"}, {"ipAddress": "::1", "network": {"ipAddress": "10.0.0.1"}}],
        [{"ipAddress": "10.0.0.10"}, {"network": {"ipAddress": "10.0.0.2"}}],
    ),
    "vlans": (
        ["EB_1125_DMZ8", "7"],
        [{"network": {"technicalId": "eb_1125_dmz8"}}, {"network": {"technicalId": "X", "id": 7}}],
        [{"network": {"technicalId": "EB_1126_DMZ9", "id": 8}}],
    ),
    "cloud_id": (7, [{"cloudId": 7}], [{"cloudId": 70}]),
    "monitored": (True, [{"monitoringEnabled": True}], [{"monitoringEnabled": False}]),
    "on_call": (False, [{"monitoringOnCallEnabled": False}], [{"monitoringOnCallEnabled": True}]),
    "backed_up": (
        True,
        [{"backupStatus": True}, {"backupStatus": "true"}, {"backupStatus": "OK"}],
        [{"backupStatus": False}, {"backupStatus": "False"}],
    ),
    "replicated": (False, [{"replicationStatus": False}], [{"replicationStatus": True}]),
    "in_patch_party": (
        True,
        [{"patchParty": {"excluded": False}}, {"patchParty": {}}],
        [{"patchParty": {"excluded": True}}],
    ),
}


def test_every_filter_that_is_shown_is_compared() -> None:
    assert sorted([*SHOWN, "tags"]) == sorted(FILTERS)


@pytest.mark.parametrize("name", SHOWN)
def test_a_mismatch_is_a_field_that_shows_something_else(name: str) -> None:
    value, fit, odd = SHOWN[name]
    wanted = select(filters={name: value}).params[FILTERS[name].parameter]
    for instance in fit:
        assert not mismatches(name, wanted, [instance]), instance
    for instance in odd:
        assert mismatches(name, wanted, [instance]) == [instance]
        nothing = json.loads(json.dumps(instance), object_hook=dict.fromkeys)
        assert not mismatches(name, wanted, [nothing, {}])


# filter -> a value that some of the simulator's first 40 have
IGNORED: dict[str, Any] = {
    "types": ["LINUX"],
    "families": ["DEBIAN"],
    "environments": ["PRODUCTION"],
    "statuses": ["INACTIVE"],
    "services": [16],
    "availability_zones": ["EB-A"],
    "ips": ["10.9.9.9"],
    "vlans": ["EB_1_X"],
    "cloud_id": 2,
    "monitored": True,
    "on_call": True,
    "backed_up": True,
    "replicated": True,
    "in_patch_party": False,
}
CERTAIN = ("environments", "statuses", "services", "cloud_id")
GATHER: dict[str, Callable[[Client, dict[str, Any]], Any]] = {
    "itcare_instance_info": instance_queries.gather,
    "itcare_patch_party_info": gather_patch_party,
    "itcare_snapshot_info": gather_snapshot,
}


@pytest.mark.parametrize("name", IGNORED)
def test_a_filter_that_the_service_ignores_doesnt_select_the_fleet(
    simulator: Simulator, name: str
) -> None:
    simulator.settings(ignored_filters=[FILTERS[name].parameter])
    filters = {name: IGNORED[name]}
    with pytest.raises(
        errors.FilterIgnoredError, match=rf"filters\.{name} .*\(id 100\d\d\) shows "
    ):
        ensure_patch_party(client_of(simulator), {**WAIT, "filters": filters, "patch_group": "1"})
    assert not simulator.writes()
    assert len(queries(simulator)) == (1 if name in CERTAIN else 2)
    for gather in GATHER.values():
        with pytest.raises(errors.FilterIgnoredError):
            gather(client_of(simulator), {"filters": filters})


@pytest.mark.parametrize("paged", [True, False])
def test_an_ignored_filter_of_a_list_without_a_count(simulator: Simulator, paged: bool) -> None:
    simulator.settings(ignored_filters=["monitoringStatus"])

    def uncounted(path: str, page: Any) -> Any:
        if path == "/compute/instances":
            return {"content": page["content"], "last": page["last"]} if paged else page["content"]
        return page

    options = {**WAIT, "filters": {"monitored": True}, "patch_group": "1"}
    with pytest.raises(errors.FilterIgnoredError, match=r"ignores filters\.monitored"):
        ensure_patch_party(client_of(simulator, shows=uncounted), options)
    assert not simulator.writes()


@pytest.mark.parametrize("name", IGNORED)
def test_a_filter_that_works_costs_nothing(simulator: Simulator, name: str) -> None:
    client = client_of(simulator)
    fetch(client, select(filters={name: IGNORED[name]}))
    assert len(queries(simulator)) == 1
    assert not client.notices.warnings


def test_an_ignored_filter_among_others_and_with_names(simulator: Simulator) -> None:
    simulator.settings(ignored_filters=["types", "statuses"])
    everyone = fetch(client_of(simulator), select())
    windows = next(i for i in everyone if i["type"] == "WINDOWS")
    options = {"names": [windows["name"]], "filters": {"types": ["AIX"], "monitored": None}}
    with pytest.raises(errors.FilterIgnoredError, match=f"types.*{windows['name']} .id"):
        resolve(client_of(simulator), select(**options))
    with pytest.raises(errors.FilterIgnoredError, match="types"):
        fetch(client_of(simulator), select(ids=[windows["id"]], filters={"types": ["AIX"]}))
    # Of no interest for what isn't selected.
    options = {"ids": [windows["id"]], "filters": {"types": ["windows"]}}
    assert len(fetch(client_of(simulator), select(**options))) == 1


def listing(simulator: Simulator, query: dict[str, str], shown: list[dict[str, Any]]) -> None:
    """This query has this answer."""
    page = {"content": shown, "totalElements": len(shown), "size": 200}
    fault = {"status": 200, "body": json.dumps(page)}
    simulator.fault(path=PATH, query={**query, "size": "200"}, count=0, fault=fault)


def test_a_filter_that_looks_at_something_else_is_a_warning(simulator: Simulator) -> None:
    odd = [{"id": i, "name": f"N{i}", "type": "VM", "osType": "linux-x"} for i in range(7)]
    listing(simulator, {"types": "LINUX"}, odd)
    client = client_of(simulator)
    assert resolve(client, select(filters={"types": ["LINUX"]})) == odd
    assert len(client.notices.warnings) == 1
    said = client.notices.warnings[0]
    assert said.startswith("filters.types: 7 of the instances")
    assert "N4 (id 4) shows type VM, osType linux-x and 2 more" in said
    assert "N5" not in said
    assert queries(simulator)[1:] == [{"page": "0", "size": "1"}]


def test_a_status_that_is_another_is_an_error_whatever_the_count(simulator: Simulator) -> None:
    listing(simulator, {"statuses": "ACTIVE"}, [{"id": 1, "name": "A", "status": "INACTIVE"}])
    with pytest.raises(errors.FilterIgnoredError, match=r"filters.statuses \(ACTIVE\).*A \(id 1\)"):
        fetch(client_of(simulator), select(filters={"statuses": ["ACTIVE"]}))


# -- tags -------------------------------------------------------------------------------------------

TAGGED = {
    "A": ["app:web", "env:prod"],
    "B": ["app:db", "env:prod"],
    "C": ["app:web", "env:test"],
    "D": ["app:web", "app:db", "env:prod", "team:x"],
    "E": ["team:x"],
}
TAGS: list[tuple[list[str], str]] = [
    (["app:web"], "ACD"),
    (["app:web", "app:db"], "ABCD"),
    (["app:web", "env:prod"], "AD"),
    (["app:web", "app:db", "env:prod"], "ABD"),
    (["env:test", "team:x"], ""),
    (["app:web", "app:web"], "ACD"),
    (["app:web", "env:prod", "team:x"], "D"),
]


@pytest.fixture
def tagged(simulator: Simulator) -> Simulator:
    simulator.reset(instances=0)
    for name, tags in TAGGED.items():
        simulator.add(name=name, tags=tags)
    return simulator


@pytest.mark.parametrize("match", ["all", "any"])
@pytest.mark.parametrize(("tags", "names"), TAGS)
def test_several_tags_mean_one_thing(
    tagged: Simulator, match: str, tags: list[str], names: str
) -> None:
    tagged.settings(tags_match=match)
    assert found_names(tagged, filters={"tags": tags}) == list(names)
    asked = [query["tags"] for query in queries(tagged)]
    assert asked == list(dict.fromkeys(tags))


@pytest.mark.parametrize("match", ["all", "any"])
def test_tags_with_the_rest_of_a_selection(tagged: Simulator, match: str) -> None:
    tagged.settings(tags_match=match)
    both = {"tags": ["app:web", "env:prod"]}
    assert found_names(tagged, names=["A", "B"], filters=both) == ["A"]
    assert found_names(tagged, exclude_names=["A"], filters=both) == ["D"]
    ids = [i["id"] for i in fetch(client_of(tagged), select(names=["B", "D"]))]
    assert found_names(tagged, ids=ids, filters=both) == ["D"]
    assert found_names(tagged, filters={**both, "statuses": ["NONE"]}) == []
    with pytest.raises(errors.InputError, match="not found with these filters: B"):
        resolve(client_of(tagged), select(names=["A", "B"], filters=both))


def test_a_failure_of_one_tag_is_no_list(tagged: Simulator) -> None:
    tagged.fault(path=PATH, query={"tags": "env:prod"}, count=0, fault={"status": 403})
    with pytest.raises(errors.ForbiddenError):
        fetch(client_of(tagged), select(filters={"tags": ["app:web", "env:prod"]}))
    tagged.fault(path=PATH, query={"tags": "app:db"}, count=0, fault={"status": 403})
    with pytest.raises(errors.ForbiddenError):
        fetch(client_of(tagged), select(filters={"tags": ["app:web", "app:db"]}))


def test_who_has_a_tag_is_one_query(tagged: Simulator) -> None:
    everyone = {i["name"]: i["id"] for i in fetch(client_of(tagged), select())}
    tagged.clear_requests()
    for options in ({}, {"names": ["A", "B", "b"]}, {"filters": {"tags": ["env:prod", "team:x"]}}):
        having = ids_with_tag(
            client_of(tagged), select(**options), "app:web", page_size=200, workers=1
        )
        assert everyone["A"] in having
        assert everyone["E"] not in having
    assert [query["tags"] for query in queries(tagged)] == ["app:web"] * 3


# -- excluded names ---------------------------------------------------------------------------------


@pytest.fixture
def family(simulator: Simulator) -> dict[str, int]:
    """Names that a server which matches loosely takes for one another; one service, to select them by."""
    simulator.reset(instances=0)
    names = ["WEB1", "WEB10", "web1x", "WEB", "DB1"]
    return {name: simulator.add(name=name, serviceId=13)["id"] for name in names}


@pytest.mark.parametrize("match", ["exact", "prefix", "ignorecase"])
def test_names_are_excluded_exactly(
    simulator: Simulator, family: dict[str, int], match: str
) -> None:
    simulator.settings(names_match=match)
    web = {"filters": {"services": [13]}}
    assert found_names(simulator, exclude_names=["WEB1", "NONE"], **web) == sorted(
        set(family) - {"WEB1"}
    )
    assert queries(simulator)[0]["names"] == "!WEB1,!NONE"
    assert len(queries(simulator)) == 2
    assert found_names(simulator, exclude_names=["WEB", "DB1"]) == ["WEB1", "WEB10", "web1x"]
    assert found_names(simulator, names=["WEB1", "WEB"], exclude_names=["WEB"]) == ["WEB1"]
    assert found_names(simulator, names=["WEB"], exclude_names=["WEB"]) == []
    assert found_names(simulator, ids=[family["WEB"], family["DB1"]], exclude_names=["WEB"]) == [
        "DB1"
    ]


def test_a_service_that_excludes_nothing(simulator: Simulator, family: dict[str, int]) -> None:
    simulator.settings(ignored_filters=["names"])
    assert found_names(simulator, exclude_names=["WEB1"]) == sorted(set(family) - {"WEB1"})


@pytest.mark.parametrize("match", ["exact", "prefix", "ignorecase"])
def test_an_excluded_name_in_another_case_spares_nobody_unnoticed(
    simulator: Simulator, family: dict[str, int], match: str
) -> None:
    simulator.settings(names_match=match)
    options = {"exclude_names": ["web1"], "filters": {"services": [13]}}
    said = f"no instance is named 'web1', but instance {family['WEB1']} is named 'WEB1'"
    with pytest.raises(errors.InputError, match=said):
        fetch(client_of(simulator), select(**options))
    with pytest.raises(errors.InputError, match=f"exclude_names.*{said}.*Nothing was changed"):
        resolve(client_of(simulator), select(**options))


def test_more_excluded_names_than_an_address_holds(
    simulator: Simulator, family: dict[str, int]
) -> None:
    excluded = ["WEB", *(f"NO{number:05}" for number in range(1000))]
    assert found_names(simulator, exclude_names=excluded) == sorted(set(family) - {"WEB"})
    assert queries(simulator) == [{"page": "0", "size": "200"}]


def test_all_but_some_is_no_target(simulator: Simulator) -> None:
    with pytest.raises(errors.InputError, match="never takes all instances, nor all but those in"):
        resolve(client_of(simulator), select(exclude_names=["WEB1"]))
    assert not simulator.requests()
    with pytest.raises(errors.InputError, match="matches no instance"):
        resolve(client_of(simulator), select(names=["WEB1"], exclude_names=["WEB1"]))


# -- names in another case --------------------------------------------------------------------------


@pytest.mark.parametrize("match", ["exact", "prefix", "ignorecase"])
@pytest.mark.parametrize("there", ["DEB4CASE02", "deb4case02"])
@pytest.mark.parametrize("filters", [{}, {"statuses": ["ACTIVE"]}, {"statuses": ["INACTIVE"]}])
def test_a_name_in_another_case_isnt_another_server(
    simulator: Simulator, match: str, there: str, filters: dict[str, Any]
) -> None:
    identity = instance_of(simulator, name=there)["id"]
    simulator.settings(names_match=match)
    said = f"but instance {identity} is named '{there}'"
    wrong = [name for name in (there.swapcase(), "Deb4Case02") if name != there]
    for name in wrong:
        options = {"names": [name, "NOSUCH"], "filters": filters}
        with pytest.raises(errors.InputError, match=f"no instance is named '{name}', {said}"):
            fetch(client_of(simulator), select(**options))
        with pytest.raises(errors.InputError, match=f"not found.*: NOSUCH; .*{said}"):
            resolve(client_of(simulator), select(**options))
    assert found_names(simulator, names=[there], filters={}) == [there]


@pytest.mark.parametrize("match", ["exact", "ignorecase"])
@pytest.mark.parametrize("state", ["present", "absent", "stopped", "started", "restarted", "reset"])
@pytest.mark.parametrize("read_only", [True, False])
def test_one_instance(simulator: Simulator, match: str, state: str, read_only: bool) -> None:
    identity = instance_of(simulator, name="DEB4CASE02")["id"]
    simulator.settings(names_match=match)
    create = {"region": "EB4", "platform": "deb12", "sizing": "2cpu4gb", "service_id": 16}
    options = {**WAIT, "name": "deb4case02", "state": state, **create}
    said = f"No instance is named 'deb4case02', but instance {identity} is named 'DEB4CASE02'"
    with pytest.raises(errors.InputError, match=said):
        ensure_instance(client_of(simulator, read_only=read_only), options)
    assert not simulator.writes()


def test_a_name_that_is_filtered_out_has_no_other_spelling(simulator: Simulator) -> None:
    simulator.add(name="web1", status="INACTIVE")
    simulator.add(name="WEB1", status="ACTIVE")
    for filters in ({"statuses": ["ACTIVE"]}, {"tags": ["no:body", "team:x"]}):
        assert fetch(client_of(simulator), select(names=["web1"], filters=filters)) == []
    found = fetch(client_of(simulator), select(names=["web1", "WEB1"]))
    assert len(found) == 2


def test_all_missing_names_in_one_more_query(simulator: Simulator) -> None:
    missing = [f"nosuch{number}" for number in range(100)]
    assert fetch(client_of(simulator), select(names=missing)) == []
    first, second = queries(simulator)
    assert set(first["names"].split(",")) == set(missing)
    assert set(second["names"].split(",")) == {*missing, *(name.upper() for name in missing)}


def test_many_missing_names(simulator: Simulator) -> None:
    simulator.reset(instances=3000)
    simulator.add(name="NOSUCHX2000")
    missing = [f"nosuchx{number}" for number in range(3000)]
    with pytest.raises(errors.InputError, match="'nosuchx2000', but instance"):
        fetch(client_of(simulator), select(names=missing))
    assert max(len(query_string(query)) for query in queries(simulator)) < 7200
    assert len(queries(simulator)) < 25


def test_what_the_list_of_all_says_isnt_asked_again(simulator: Simulator) -> None:
    names = [instance["name"] for instance in fetch(client_of(simulator), select())]
    simulator.clear_requests()
    missing = [f"nosuch{number}" for number in range(1000)]
    with pytest.raises(errors.InputError, match=f"is named '{names[0]}'"):
        fetch(client_of(simulator), select(names=[names[0].swapcase(), *missing]))
    assert [query["size"] for query in queries(simulator)] == ["1", "200"]
