# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`group_by` and `tag_groups`: different values never share a group."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import pytest
from ansible.inventory.data import InventoryData
from ansible.plugins.inventory import to_safe_group_name
from ansible_collections.cegedim.cloud.plugins.module_utils.api.errors import InputError
from ansible_collections.cegedim.cloud.plugins.plugin_utils.inventory.native_groups import (
    NativeGroups,
    Value,
    check_tag_groups,
    tag_group,
)
from hypothesis import given
from hypothesis import strategies as st
from support.inventory import Populated


def services(*named: tuple[str | None, Any]) -> list[dict[str, Any]]:
    return [
        {"id": number, "name": f"SRV{number}", "serviceName": name, "serviceId": identity}
        for number, (name, identity) in enumerate(named)
    ]


def grouped(*named: tuple[str | None, Any], **options: Any) -> Populated:
    return Populated(services(*named), **{"group_by": ["service"], **options})


def test_services_whose_names_differ_in_signs() -> None:
    found = grouped(
        ("Web-shop", 13), ("Web shop", 14), ("Web.shop", 15), ("Web-shop", 13), ("Db", 1)
    )
    assert found.groups == {
        "service_Web_shop_13": ["SRV0", "SRV3"],
        "service_Web_shop_14": ["SRV1"],
        "service_Web_shop_15": ["SRV2"],
        "service_Db": ["SRV4"],
    }
    (warning,) = found.plugin.display.warnings
    assert "service 'Web-shop' (id 13) is service_Web_shop_13" in warning
    assert "service 'Web shop' (id 14) is service_Web_shop_14" in warning
    assert "service 'Web.shop' (id 15) is service_Web_shop_15" in warning
    assert "Db" not in warning


def test_two_services_of_one_name() -> None:
    found = grouped(("Web", 13), ("Web", 14))
    assert found.groups == {"service_Web_13": ["SRV0"], "service_Web_14": ["SRV1"]}
    assert "service 'Web' (id 13) is service_Web_13" in found.warnings
    assert "service 'Web' (id 14) is service_Web_14" in found.warnings


def test_one_service_is_one_group() -> None:
    """Also when one of its instances doesn't show its id, or another spelling of its name."""
    found = grouped(("Web-shop", 13), ("Web-shop", None), ("Web shop", 13))
    assert found.groups == {"service_Web_shop": ["SRV0", "SRV1", "SRV2"]}
    assert not found.warnings


def test_a_service_without_an_id_beside_two_that_have_one() -> None:
    groups = grouped(("Web", 13), ("Web", 14), ("Web", None)).groups
    (unknown,) = (name for name, hosts in groups.items() if hosts == ["SRV2"])
    assert re.fullmatch(r"service_Web_[0-9a-f]{8}", unknown)
    assert len(groups) == 3


@pytest.mark.parametrize(
    ("dimension", "fields"),
    [
        ("environment", [{"environment": "PRE-PROD"}, {"environment": "PRE PROD"}]),
        ("family", [{"family": "+"}, {"family": "_"}, {"family": "/"}]),
        ("region", [{"region": {"id": "E-B"}}, {"region": {"id": "E B"}}]),
        ("product", [{"productCode": "pg-15"}, {"productName": "pg 15"}]),
        ("network", [{"network": {"technicalId": "A-B"}}, {"network": {"technicalId": "A.B"}}]),
        (
            "patch_group",
            [{"patchParty": {"patchGroup": "1 "}}, {"patchParty": {"patchGroup": "1_"}}],
        ),
    ],
)
def test_values_without_an_id_get_a_hash(dimension: str, fields: list[dict[str, Any]]) -> None:
    fleet = [{"id": number, "name": f"SRV{number}", **more} for number, more in enumerate(fields)]
    found = Populated(fleet, group_by=[dimension])
    assert sorted(map(tuple, found.groups.values())) == [(f"SRV{n}",) for n in range(len(fields))]
    for group in found.groups:
        assert re.search(r"_[0-9a-f]{8}$", group)
        assert f" is {group}" in found.warnings


def test_a_name_that_is_the_id_of_another() -> None:
    """One shows no name but its id, which is what the other is called."""
    found = grouped(("13", 1), (None, 13))
    assert found.groups == {"service_13_1": ["SRV0"], "service_13_13": ["SRV1"]}
    fleet = [
        {"id": 0, "name": "SRV0", "cloudName": "7", "cloudId": 1},
        {"id": 1, "name": "SRV1", "cloudId": 7},
    ]
    assert Populated(fleet, group_by=["cloud"]).groups == {
        "cloud_7_1": ["SRV0"],
        "cloud_7_7": ["SRV1"],
    }


def test_clouds_and_networks_of_one_name() -> None:
    fleet = [
        {"id": n, "name": f"SRV{n}", "cloudName": "Shared", "cloudId": n, "network": network}
        for n, network in enumerate(
            [{"shortDescription": "lan", "id": 8}, {"shortDescription": "lan", "id": 9}]
        )
    ]
    assert set(Populated(fleet, group_by=["cloud", "network"]).groups) == {
        *("cloud_Shared_0", "cloud_Shared_1", "network_lan_8", "network_lan_9"),
    }


def test_by_the_services_id() -> None:
    found = grouped(("Web", 13), ("Web", 14), (None, None), group_by=["service_id"])
    assert found.groups == {"service_id_13": ["SRV0"], "service_id_14": ["SRV1"]}
    assert not found.warnings


def test_a_number_is_itself() -> None:
    found = grouped(("Web", 13.0), ("Web", 13), ("Web", "13"), group_by=["service", "service_id"])
    everybody = ["SRV0", "SRV1", "SRV2"]
    assert found.groups == {"service_Web": everybody, "service_id_13": everybody}


def test_a_service_cannot_take_the_place_of_an_id() -> None:
    found = grouped(("id-13", 7), ("Web", 13), group_by=["service", "service_id"])
    assert found.groups == {
        "service_id_13_7": ["SRV0"],
        "service_id_7": ["SRV0"],
        "service_Web": ["SRV1"],
        "service_id_13": ["SRV1"],
    }
    assert "service 'id-13' (id 7) is service_id_13_7" in found.warnings


def test_a_name_that_looks_told_apart_already() -> None:
    found = grouped(("Web-shop", 13), ("Web shop", 14), ("Web shop 13", 20))
    assert len(found.groups) == 3
    assert all(len(hosts) == 1 for hosts in found.groups.values())


TEXTS = st.text("a-_ 1", min_size=1, max_size=4)
VALUES: st.SearchStrategy[list[Value]] = st.lists(
    st.tuples(
        st.sampled_from(["service", "service_id", "region", "cloud"]),
        st.one_of(TEXTS, st.builds("id_{}".format, TEXTS)),
        st.sampled_from(["", "1", "2", "a-1", "a_1"]),
    ),
    max_size=8,
)


def named(values: Iterable[Value], inventory: InventoryData | None = None) -> dict[Value, str]:
    groups = NativeGroups(values, to_safe_group_name, inventory or InventoryData())
    return groups.names


@given(VALUES, st.randoms(use_true_random=False))
def test_different_values_never_share_a_group(values: list[Value], random: Any) -> None:
    names = named(values)
    shuffled = list(values)
    random.shuffle(shuffled)
    assert named(shuffled) == names

    def which(value: Value) -> Value:
        """A value without an id is the only one of its text that has one."""
        dimension, text, identity = value
        ids = {identity} if identity else {v[2] for v in values if v[:2] == value[:2] and v[2]}
        return (dimension, "", ids.pop()) if len(ids) == 1 else (dimension, text, "")

    for one in values:
        for other in values:
            assert names[one] != names[other] or which(one) == which(other)


def test_another_source_has_a_value_of_that_name() -> None:
    one = grouped(("Web-shop", 13))
    two = Populated(
        [{"id": 9, "name": "OTHER", "serviceName": "Web shop", "serviceId": 14}],
        after=one,
        group_by=["service"],
    )
    assert two.groups == {"service_Web_shop": ["SRV0"], "service_Web_shop_14": ["OTHER"]}
    assert "service 'Web shop' (id 14) is service_Web_shop_14" in two.warnings
    three = Populated(
        [{"id": 8, "name": "THIRD", "serviceName": "Web-shop", "serviceId": 13}],
        after=two,
        group_by=["service"],
    )
    assert three.groups["service_Web_shop"] == ["SRV0", "THIRD"]


@pytest.mark.parametrize(
    "tags",
    [["app:web-1", "app:web_1"], ["a:b", "app:web_1", "app_web:1"], ["app:web 1", "app:web.1"]],
)
def test_tags_that_would_share_a_group(tags: list[str]) -> None:
    with pytest.raises(InputError) as caught:
        check_tag_groups(tags, to_safe_group_name, InventoryData())
    assert f"'{tags[-1]}' would share the group tag_" in str(caught.value)
    assert f"with '{tags[-2]}': leave one of them out" in str(caught.value)
    inventory = InventoryData()
    for tag in tags[:-1]:
        tag_group(inventory, tag, to_safe_group_name)
    with pytest.raises(InputError, match=f"with '{tags[-2]}' of an earlier source"):
        check_tag_groups(tags[-1:], to_safe_group_name, inventory)
    check_tag_groups([*tags[:-1], tags[0]], to_safe_group_name, inventory)
