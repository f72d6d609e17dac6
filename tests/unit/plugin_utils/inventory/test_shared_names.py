# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No host has the name of a group or of another source's host: a pattern reaches what it is meant for.

Case by case in memory; inventory/test_patterns.py shows a few of them from end to end.
"""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleError
from ansible_collections.cegedim.cloud.plugins.plugin_utils.inventory.presence import Origin
from hypothesis import given
from hypothesis import strategies as st
from support.inventory import ORIGIN, Populated, Source

pytestmark = pytest.mark.usefixtures("each_grouping")


def instance(number: int, name: str = "", **fields: Any) -> dict[str, Any]:
    known = {
        "status": "ACTIVE",
        "label": "",
        "region": {"id": "EB"},
        "environment": "TEST",
        **fields,
    }
    return {"id": number, "name": name or f"SRV{number}", **known}


def state(plugin: Source) -> Any:
    """All of an inventory that a source could have changed."""
    inventory = plugin.inventory
    things = {**inventory.groups, **{f"host {name}": h for name, h in inventory.hosts.items()}}
    return {
        name: {
            k: v.copy() if isinstance(v, (dict, list, set)) else v for k, v in vars(thing).items()
        }
        for name, thing in things.items()
    }


# -- hosts and groups --

CAPTURING: list[tuple[str, dict[str, Any]]] = [
    ("status_ACTIVE", {"group_by": ["status"]}),
    ("tag_app_web", {}),
    ("busy", {"groups": {"busy": "status == 'ACTIVE'"}}),
    ("idle", {"groups": {"idle": "status != 'ACTIVE'"}}),  # not there today, but tomorrow
    ("env_TEST", {"keyed_groups": [{"key": "environment", "prefix": "env"}]}),
    ("_EB", {"keyed_groups": [{"key": "region.id"}]}),
    ("EB", {"keyed_groups": [{"key": "region.id", "separator": ""}]}),
    ("zones", {"keyed_groups": [{"key": "region.id", "parent_group": "zones"}]}),
    ("in_EB", {"keyed_groups": [{"key": "status", "parent_group": "in_{{ region.id }}"}]}),
    ("a_b", {"keyed_groups": [{"key": "'a-b'", "separator": ""}]}),
    ("no_label", {"keyed_groups": [{"key": "label", "prefix": "no", "default_value": "label"}]}),
    ("databases", {}),
]


@pytest.mark.parametrize("place", [0, 1, 3])
@pytest.mark.parametrize(("name", "options"), CAPTURING)
def test_no_instance_captures_a_group(name: str, options: dict[str, Any], place: int) -> None:
    fleet = [instance(number) for number in (1, 2, 3)]
    fleet.insert(place, instance(7, name))
    plugin = Source(compose={"fqdn": "inventory_hostname ~ '.example'"}, **options)
    plugin.inventory.add_group("databases")
    plugin.inventory.add_host("DB1", "databases")
    found = Populated(fleet, {"app:web": frozenset({1, 7})}, plugin)
    assert set(found.hosts) == {"SRV1", "SRV2", "SRV3", "DB1", f"{name}_7"}
    assert found.hosts[f"{name}_7"]["fqdn"] == f"{name}_7.example"
    assert not set(found.hosts) & set(found.groups)
    (warning,) = found.plugin.display.warnings
    assert f"{name!r} (id 7) is {name}_7" in warning
    # Each group has the members that it is meant to have.
    harmless = Populated(fleet, {"app:web": frozenset({1, 7})}, hostnames=["'SRV' ~ id"], **options)
    for group, members in harmless.groups.items():
        assert {m.replace("SRV7", f"{name}_7") for m in members} == set(found.groups[group])


NAMES = st.sampled_from(
    [*["TEST", "TEST_1", "TEST_2", "env_TEST", "env_TEST_1", "status_ACTIVE", "status_ACTIVE_3"]]
    + [*["busy", "all", "parents", "x", "tag_a_b", "host_4", "name_x", "name_x_1"]]
)


@given(st.lists(NAMES, min_size=1, max_size=6), st.sampled_from([True, False]))
def test_hosts_and_groups_never_share_a_name(names: list[str], by_name: bool) -> None:
    keyed: list[dict[str, Any]] = [
        {"key": "environment", "separator": ""},
        {"key": "environment", "prefix": "env", "parent_group": "parents"},
    ]
    if by_name:
        keyed.append({"key": "inventory_hostname", "prefix": "name"})
    options: dict[str, Any] = {
        "group_by": ["status"],
        "groups": {"busy": "status == 'ACTIVE'"},
        "keyed_groups": keyed,
        "on_duplicate": "unique",
    }
    fleet = [instance(number, name) for number, name in enumerate(names)]
    tagged = {"a:b": frozenset({0, 1})}
    found = Populated(fleet, tagged, **options)
    assert not set(found.hosts) & set(found.plugin.inventory.groups)
    assert {variables["itcare_id"] for variables in found.hosts.values()} == set(range(len(names)))
    for group in ("status_ACTIVE", "busy", "TEST", "env_TEST"):
        assert set(found.groups[group]) == set(found.hosts)
    assert {found.hosts[name]["itcare_id"] for name in found.groups["tag_a_b"]} <= {0, 1}
    if by_name:
        for name in found.hosts:
            assert name in found.groups[f"name_{name}"]


def test_a_group_of_each_name_renames_all() -> None:
    found = Populated([instance(1), instance(2)], keyed_groups=[{"key": "name", "separator": ""}])
    assert found.groups == {"SRV1": ["SRV1_1"], "SRV2": ["SRV2_2"]}


def test_a_group_of_whatever_a_host_is_called_is_an_error() -> None:
    keyed = [{"key": "inventory_hostname", "separator": ""}]
    with pytest.raises(AnsibleError, match="of the host's own name, whatever that is"):
        Populated([instance(1)], keyed_groups=keyed)


@pytest.mark.parametrize(("name", "options"), [entry for entry in CAPTURING if entry[0] != "idle"])
@pytest.mark.parametrize("instance_name", ["SRV1", ""])
@pytest.mark.parametrize("group_too", [False, True])
def test_a_group_of_ours_that_meets_a_foreign_host_is_an_error(
    name: str, options: dict[str, Any], instance_name: str, group_too: bool
) -> None:
    """Also where an earlier source has a group of that name, too."""
    if name == "databases":
        options = {"groups": {"databases": "true"}}
    plugin = Source(**options)
    plugin.inventory.add_group("mine")
    plugin.inventory.add_host(name, "mine")
    if group_too and not options.get("keyed_groups"):
        plugin.inventory.add_group(name)
    before = state(plugin)
    with pytest.raises(AnsibleError, match=f"group '{name}', but an earlier source has a host"):
        Populated([instance(1, instance_name or name)], {"app:web": frozenset({1})}, plugin)
    assert state(plugin) == before


def test_what_was_shared_before_is_not_our_concern() -> None:
    plugin = Source()
    plugin.inventory.add_group("both")
    plugin.inventory.add_host("both")
    found = Populated([instance(1)], plugin=plugin)
    assert set(found.hosts) == {"both", "SRV1"}


# -- hosts of two sources --

ELSEWHERE = Origin("https://other.example/itcare", ORIGIN.account)
ANOTHER = Origin(ORIGIN.api_url, "the account other")
SECOND = {"ipAddress": "10.0.0.2", "environment": "PRODUCTION"}
# What the second source knows, where it is from, and who the error says it meets.
OTHERS: list[tuple[int, Origin]] = [(6, ORIGIN), (6, ELSEWHERE), (5, ELSEWHERE), (5, ANOTHER)]


def first(**options: Any) -> Populated:
    return Populated(
        [instance(5, "WEB", ipAddress="10.0.0.1")], group_by=["environment"], **options
    )


@pytest.mark.parametrize("address", ["10.0.0.2", None, "", "no address"])
@pytest.mark.parametrize("earlier", [{}, {"hostvars_prefix": "vm_"}, {"fields": ["environment"]}])
@pytest.mark.parametrize(("identity", "origin"), OTHERS)
def test_another_instance_of_an_earlier_source(
    identity: int, origin: Origin, earlier: dict[str, Any], address: str | None
) -> None:
    fleet = [instance(identity, "WEB", **{**SECOND, "ipAddress": address})]
    options: dict[str, Any] = {"group_by": ["environment"]}
    one = first(**earlier)
    before = state(one.plugin)
    with pytest.raises(AnsibleError) as caught:
        Populated(fleet, origin=origin, after=one, **options)
    assert (
        f"'WEB' (id {identity}; id 5 of the account demo at https://api.example/itcare, from an earlier source)"
        in str(caught.value)
    )
    assert state(one.plugin) == before
    # Whoever was there first stays.
    warned = Populated(fleet, origin=origin, after=one, on_duplicate="warn", **options)
    assert state(one.plugin) == before
    assert f"'WEB' (id {identity}; id 5 of" in warned.warnings
    unique = Populated(fleet, origin=origin, after=one, on_duplicate="unique", **options)
    assert list(unique.hosts) == ["WEB", f"WEB_{identity}"]
    assert unique.hosts["WEB"] == one.hosts["WEB"]
    assert unique.hosts["WEB"]["ansible_host"] == "10.0.0.1"
    assert unique.hosts[f"WEB_{identity}"].get("ansible_host") == (
        address if address == "10.0.0.2" else None
    )
    assert unique.groups["environment_TEST"] == ["WEB"]
    assert unique.groups["environment_PRODUCTION"] == [f"WEB_{identity}"]


def test_the_same_instance_twice_is_merged() -> None:
    one = first(hostvars_prefix="vm_", fields=["environment"])
    two = Populated([instance(5, "WEB")], after=one, hostvars_prefix="x_")
    (variables,) = two.hosts.values()
    assert variables["vm_environment"] == variables["x_environment"] == "TEST"
    assert variables["ansible_host"] == "10.0.0.1"  # its own
    assert not two.warnings
    # Also under a name that was made up.
    fleet = [instance(1, "a b"), instance(2, "X"), instance(3, "X"), instance(4, "status_ACTIVE")]
    options: dict[str, Any] = {"group_by": ["status"], "on_duplicate": "unique"}
    one = Populated(fleet, **options)
    assert list(one.hosts) == ["a_b_1", "X_2", "X_3", "status_ACTIVE_4"]
    assert list(Populated(fleet, after=one, **options).hosts) == list(one.hosts)


def test_two_of_a_name_of_which_one_is_there() -> None:
    one = first()
    fleet = [instance(3, "WEB"), instance(5, "WEB", cpu=8)]
    with pytest.raises(AnsibleError, match=r"'WEB' \(ids 3, 5; id 5 of the account demo"):
        Populated(fleet, after=one)
    assert Populated(fleet, after=one, on_duplicate="warn").hosts["WEB"]["itcare_cpu"] == 8
    assert list(Populated(fleet, after=one, on_duplicate="unique").hosts) == ["WEB", "WEB_3"]


def test_no_id_is_no_proof() -> None:
    one = Populated([{"id": None, "name": "WEB"}])
    with pytest.raises(AnsibleError, match="the same host name"):
        Populated([{"id": None, "name": "WEB"}], after=one)


@pytest.mark.parametrize(
    ("variables", "is_same"),
    [
        ({}, True),
        ({"site": "S"}, True),
        ({"itcare_id": 5}, True),
        ({"itcare_id": "5"}, True),
        ({"vm_id": 5}, True),
        ({"itcare_id": 6}, False),
        ({"vm_id": "6"}, False),
    ],
)
def test_a_static_host(variables: dict[str, Any], is_same: bool) -> None:
    plugin = Source(hostvars_prefix="vm_")
    plugin.inventory.add_host("WEB")
    for name, value in {"ansible_host": "192.0.2.1", **variables}.items():
        plugin.inventory.set_variable("WEB", name, value)
    if is_same:
        found = Populated([instance(5, "WEB")], plugin=plugin)
        assert found.hosts["WEB"]["vm_environment"] == "TEST"
        assert found.hosts["WEB"]["ansible_host"] == "192.0.2.1"  # the user's own
        with pytest.raises(AnsibleError, match="'WEB' .id 6; id 5 of the account demo"):
            Populated([instance(6, "WEB")], after=found)
    else:
        with pytest.raises(AnsibleError, match=r"'WEB' \(id 5; id 6 of an earlier source\)"):
            Populated([instance(5, "WEB")], plugin=plugin)


def test_without_a_prefix_any_id_is_a_static_hosts_own() -> None:
    plugin = Source(hostvars_prefix="")
    plugin.inventory.add_host("WEB")
    plugin.inventory.set_variable("WEB", "id", "rack-7")
    assert Populated([instance(5, "WEB")], plugin=plugin).hosts["WEB"]["id"] == 5


def test_a_made_up_name_never_meets_another_instance() -> None:
    one = Populated([instance(9, "X_3")])
    fleet = [instance(2, "X"), instance(3, "X")]
    two = Populated(fleet, after=one, on_duplicate="unique")
    assert {name: v["itcare_id"] for name, v in two.hosts.items()} == {
        "X_3": 9,
        "X_2": 2,
        "X_3_2": 3,
    }


def test_what_a_failed_source_knew_is_forgotten() -> None:
    one = Populated([instance(1)])
    one.plugin.inventory.add_host("WEB")
    with pytest.raises(AnsibleError, match="Could not set x"):
        Populated([instance(5, "WEB")], after=one, compose={"x": "nowhere.at.all"}, strict=True)
    assert Populated([instance(6, "WEB")], after=one).hosts["WEB"]["itcare_id"] == 6
