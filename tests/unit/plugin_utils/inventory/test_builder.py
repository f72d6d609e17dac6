# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From instances to hosts: names, variables, addresses, filters and native groups."""

from __future__ import annotations

import re
from typing import Any

import pytest
from ansible.errors import AnsibleError
from ansible.vars.reserved import get_reserved_names
from ansible_collections.cegedim.cloud.plugins.module_utils.api.errors import InputError
from ansible_collections.cegedim.cloud.plugins.plugin_utils.inventory.native_groups import (
    NATIVE_GROUPS,
)
from hypothesis import given
from hypothesis import strategies as st
from support.inventory import Populated, Source

pytestmark = pytest.mark.usefixtures("each_grouping")


def instance(number: int = 1, **fields: Any) -> dict[str, Any]:
    return {"id": number, "name": f"SRV{number}", "status": "ACTIVE", **fields}


# -- variables --


def test_one_variable_for_each_field() -> None:
    found = Populated(
        [
            instance(
                ipAddress="10.0.0.1",
                isMemberOFLoadBalancer=False,
                region={"id": "EB", "areas": [{"availabilityZones": [{"defaultZone": True}]}]},
                backupPolicyDetails={"policies": [{"frequencies": {"dailyFull": 14}}]},
                cpu=None,
                brandNewField={"someThing": [1, None, "x"]},
            )
        ]
    )
    assert found.hosts == {
        "SRV1": {
            "ansible_host": "10.0.0.1",
            "itcare_id": 1,
            "itcare_name": "SRV1",
            "itcare_status": "ACTIVE",
            "itcare_ip_address": "10.0.0.1",
            "itcare_is_member_of_load_balancer": False,
            "itcare_region": {
                "id": "EB",
                "areas": [{"availability_zones": [{"default_zone": True}]}],
            },
            "itcare_backup_policy_details": {"policies": [{"frequencies": {"dailyFull": 14}}]},
            "itcare_cpu": None,
            "itcare_brand_new_field": {"some_thing": [1, None, "x"]},
            "itcare_running": True,
            "itcare_excluded": False,
        }
    }
    assert not found.warnings


@pytest.mark.parametrize(
    ("fields", "running", "excluded"),
    [
        ({}, True, False),
        ({"status": "INACTIVE"}, False, False),
        ({"status": None, "patchParty": None}, False, False),
        ({"patchParty": {"excluded": True}}, True, True),
        ({"patchParty": {"excluded": None}}, True, False),
    ],
)
def test_booleans_for_awx(fields: dict[str, Any], running: bool, excluded: bool) -> None:
    variables = Populated([instance(**fields)]).hosts["SRV1"]
    assert (variables["itcare_running"], variables["itcare_excluded"]) == (running, excluded)


def test_every_field_may_be_null() -> None:
    names = [
        "name",
        "label",
        "ipAddress",
        "status",
        "region",
        "network",
        "patchParty",
        "environment",
    ]
    options: dict[str, Any] = {
        "group_by": list(NATIVE_GROUPS),
        "keyed_groups": [{"key": "region.id"}, {"key": "environment", "prefix": "env"}],
        "groups": {"prod": "environment == 'PRODUCTION'"},
        "compose": {"zone": "availability_zone.id"},
    }
    found = Populated([{"id": 7, **dict.fromkeys(names)}, {"id": None}, {}], **options)
    assert list(found.hosts) == ["host_7", "host_None", "host_None_2"]
    assert "id 7 is host_7" in found.warnings
    assert not {name for name, hosts in found.groups.items() if hosts}


@pytest.mark.parametrize("prefix", ["", "vm_", "itcare_", "inventory_", "group_"])
def test_no_variable_that_ansible_reserves_or_rejects(prefix: str) -> None:
    fields = [
        "name",
        "tags",
        "environment",
        "hosts",
        "vars",
        "groups",
        "class",
        "names",
        "dir",
        "9x",
    ]
    fields += [
        "ansibleConnection",
        "ansible_python_interpreter",
        "my-field",
        "a.b",
        "é",
        "",
        "hostname",
    ]
    found = Populated(
        [{**dict.fromkeys(fields, "x"), "name": "SRV1"}],
        hostvars_prefix=prefix,
        connection_address="none",
    )
    (variables,) = found.hosts.values()
    assert len(variables) == len(fields) + 2
    for name in variables:
        assert name.isascii()
        assert name.isidentifier()
        assert not name.startswith("ansible")
        assert name not in get_reserved_names()
        assert name not in ("class", "inventory_hostname", "inventory_dir", "group_names", "vars")
    assert variables["itcare_name" if prefix == "" else f"{prefix}name"] in ("SRV1", "x")


def test_chosen_fields() -> None:
    found = Populated(
        [instance(environment="TEST", ipAddress="10.0.0.1")],
        fields=["environment", "ipAddress", "colour"],
        keyed_groups=[{"key": "status", "prefix": "status"}],
    )
    assert set(found.hosts["SRV1"]) == {
        *("itcare_environment", "itcare_ip_address", "itcare_running", "itcare_excluded"),
        "ansible_host",
    }
    assert found.groups == {"status_ACTIVE": ["SRV1"]}
    assert "No instance has these fields: itcare_colour." in found.warnings


def test_expressions_see_fields_with_and_without_prefix() -> None:
    found = Populated(
        [instance(environment="TEST", region={"id": "EB"})],
        hostvars_prefix="vm_",
        compose={
            "a": "environment",
            "b": "vm_environment",
            "c": "region.id ~ vm_region['id']",
            "d": "running and vm_running",
            "e": "inventory_hostname",
        },
    )
    variables = found.hosts["SRV1"]
    assert [str(variables[name]) for name in "abcde"] == ["TEST", "TEST", "EBEB", "True", "SRV1"]


def test_host_of_another_source_is_merged() -> None:
    plugin = Source(compose={"both": "site ~ environment"})
    plugin.inventory.add_host("SRV1")
    plugin.inventory.set_variable("SRV1", "site", "S")
    found = Populated([instance(environment="TEST")], plugin=plugin)
    assert found.hosts["SRV1"]["both"] == "STEST"


# -- addresses --

NETWORK = {"dns": [{"alias": None, "domain": "x"}, {"alias": "srv1", "domain": "example.com."}]}


@pytest.mark.parametrize(
    ("kind", "fields", "address"),
    [
        ("ip", {"ipAddress": "10.0.0.1"}, "10.0.0.1"),
        ("ip", {"ipAddress": "fd00::1"}, "fd00::1"),
        ("ip", {"ipAddress": ""}, None),
        ("ip", {}, None),
        ("dns", {"network": NETWORK}, "srv1.example.com"),
        (
            "dns",
            {"network": {"dns": [{"alias": "a.example.com", "domain": "example.com"}]}},
            "a.example.com",
        ),
        ("dns", {"network": {"dns": "x"}}, None),
        ("dns", {"network": {"dns": [None, {}]}}, None),
        ("dns", {"network": None}, None),
        ("none", {"ipAddress": "10.0.0.1"}, None),
    ],
)
def test_connection_address(kind: str, fields: dict[str, Any], address: str | None) -> None:
    found = Populated([instance(**fields)], connection_address=kind)
    assert found.hosts["SRV1"].get("ansible_host") == address
    assert not found.warnings


# Addresses that are this machine's, nobody's or everybody's, or that name an interface.
NO_SERVERS = [
    *["0.0.0.0", "127.0.0.1", "127.255.1.2", "169.254.3.4", "224.0.0.1", "255.255.255.255"],
    *["::", "::1", "fe80::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:0.0.0.0", "::ffff:7f00:1"],
    *["::ffff:169.254.3.4", "::ffff:224.0.0.1", "::ffff:255.255.255.255", "::127.0.0.1"],
    *[
        "fe80::1%eth0",
        "fd00::1%{{ 7 * 6 }}",
        "fd00::1%;touch x",
        "::ffff:10.0.0.1%1",
        "2001:db8::1%",
    ],
]
LOCAL_NAMES = [
    *["localhost", "LOCALHOST", "localhost.localdomain", "localhost4", "localhost6.localdomain6"],
    *["ip6-localhost", "ip6-loopback", "ip6-allnodes", "app.localhost", "localhost.example.com"],
    *[
        "127.1",
        "127.0.1",
        "0",
        "0x0",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "0x7f.1",
        "127.0.0.1.",
    ],
    *["4294967295", "0xa9fe0001"],
]


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("ip", {"ipAddress": "-oProxyCommand=touch x"}),
        ("ip", {"ipAddress": "{{ 1 }}"}),
        ("ip", {"ipAddress": 5}),
        *[("ip", {"ipAddress": text}) for text in NO_SERVERS],
        *[("ip", {"ipAddress": text}) for text in (" 10.0.0.1", "10.0.0.1/24", "127.1", "0")],
        *[("dns", {"network": {"dns": [{"alias": text}]}}) for text in NO_SERVERS + LOCAL_NAMES],
        ("dns", {"network": {"dns": [{"alias": "localhost", "domain": "example.com"}]}}),
        ("dns", {"network": {"dns": [{"alias": "-oProxyCommand=x", "domain": None}]}}),
        ("dns", {"network": {"dns": [{"alias": "{{ 1 }}", "domain": "x"}]}}),
    ],
)
def test_an_address_that_is_none_is_refused(kind: str, fields: dict[str, Any]) -> None:
    found = Populated([instance(**fields)], connection_address=kind)
    assert "ansible_host" not in found.hosts["SRV1"]
    assert "These hosts get no ansible_host" in found.warnings


# -- filters --


def test_the_first_filter_that_is_true_decides() -> None:
    fleet = [
        instance(n, environment=e) for n, e in enumerate(["PRODUCTION", "TEST", "TEST", "DEV"])
    ]
    filters = [
        {"include": "inventory_hostname == 'SRV1'"},
        {"exclude": "itcare_environment == 'TEST'"},
    ]
    assert list(Populated(fleet, host_filters=filters).hosts) == ["SRV0", "SRV1", "SRV3"]
    assert not Populated(fleet, host_filters=[{"exclude": True}], min_hosts=0).hosts
    only = [{"include": "environment == 'DEV'"}, {"exclude": "true"}]
    assert list(Populated(fleet, host_filters=only).hosts) == ["SRV3"]


def test_an_include_at_the_end_can_do_nothing() -> None:
    for filters in ([{"include": "true"}], [{"exclude": "false"}, {"include": "true"}]):
        with pytest.raises(
            InputError, match="ends with an include.*add the entry '- exclude: true'"
        ):
            Populated([instance(1)], host_filters=filters)


@pytest.mark.parametrize("broken", ["nowhere == 1", "region.id == 'x'", "environment =="])
def test_a_filter_that_cannot_be_evaluated_is_an_error(broken: str) -> None:
    with pytest.raises(AnsibleError, match=r"host_filters.exclude: .* can't be evaluated for SRV1"):
        Populated([instance(region=None)], host_filters=[{"exclude": broken}])


@pytest.mark.parametrize("nothing", [None, "", " ", ["x"], {}, 1])
@pytest.mark.parametrize("kind", ["include", "exclude"])
def test_a_filter_needs_an_expression(nothing: Any, kind: str) -> None:
    with pytest.raises(InputError, match="host_filters takes entries such as 'exclude: expr"):
        Populated([instance()], host_filters=[{kind: nothing}, {"exclude": "false"}])


# -- groups --


def test_native_groups() -> None:
    fleet = [
        instance(
            1,
            environment="PRODUCTION",
            region={"id": "EB"},
            area={"id": "EB-HDS"},
            availabilityZone={"id": "EB-A"},
            osType="LINUX",
            family="DEBIAN",
            serviceName="My service",
            cloudName="Shared",
            productCode="pg15",
            patchParty={"excluded": False, "patchGroup": "2"},
            network={"technicalId": "EB_1125_DMZ8"},
        ),
        instance(2, serviceId=5, cloudId=0, patchParty={"excluded": True, "patchGroup": "1"}),
        instance(3, environment="", patchParty={"excluded": False, "patchGroup": None}),
    ]
    assert Populated(fleet, group_by=list(NATIVE_GROUPS)).groups == {
        "environment_PRODUCTION": ["SRV1"],
        "status_ACTIVE": ["SRV1", "SRV2", "SRV3"],
        "region_EB": ["SRV1"],
        "area_EB_HDS": ["SRV1"],
        "availability_zone_EB_A": ["SRV1"],
        "os_type_LINUX": ["SRV1"],
        "family_DEBIAN": ["SRV1"],
        "service_My_service": ["SRV1"],
        "cloud_Shared": ["SRV1"],
        "product_pg15": ["SRV1"],
        "patch_group_2": ["SRV1"],
        "network_EB_1125_DMZ8": ["SRV1"],
        "service_5": ["SRV2"],
        "service_id_5": ["SRV2"],
        "cloud_0": ["SRV2"],
        "patch_group_excluded": ["SRV2"],
    }


def test_tag_groups_hold_only_what_the_list_has() -> None:
    tagged = {"app:web": frozenset({1, 99}), "app:none": frozenset()}
    found = Populated([instance(1), instance(2)], tagged)
    assert found.groups == {"tag_app_web": ["SRV1"], "tag_app_none": []}


def test_keys_that_are_numbers_or_booleans_group_by_their_text() -> None:
    fleet = [instance(1, cpu=4, monitored=True), instance(2, cpu=0, monitored=False)]
    keyed = [{"key": "cpu", "prefix": "cpu"}, {"key": "monitored", "prefix": "m"}]
    assert Populated(fleet, keyed_groups=keyed).groups == {
        "cpu_4": ["SRV1"],
        "m_True": ["SRV1"],
        "cpu_0": ["SRV2"],
        "m_False": ["SRV2"],
    }


@pytest.mark.parametrize("name", ["localhost", "all", "ungrouped", "_meta"])
def test_no_text_makes_a_group_that_means_something_else(name: str) -> None:
    """A play for localhost would reach the members of a group of that name."""
    alone = {"prefix": "", "separator": ""}
    kinds: list[dict[str, Any]] = [
        {"key": "label", **alone},
        {"key": "[label]", **alone},
        {"key": "label", **alone, "parent_group": "zones"},
        {"key": "name", "parent_group": "{{ label }}"},
    ]
    for keyed in kinds if name != "all" else kinds[:-1]:
        plugin = Source(keyed_groups=[keyed])
        with pytest.raises(AnsibleError, match=f"a group '{name}', .* give it a prefix"):
            Populated([instance(1, label="x"), instance(2, label=name)], plugin=plugin)
        assert set(plugin.inventory.groups) == {"all", "ungrouped"}
    keyed = {"key": "label", "prefix": "label", "parent_group": "all"}
    assert f"label_{name}" in Populated([instance(label=name)], keyed_groups=[keyed]).groups


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"groups": {1: "true"}}, "groups takes the name of a group, a text, not 1."),
        ({"groups": {"": "true"}}, "groups takes the name of a group, a text, not ''."),
        (
            {"keyed_groups": [{"key": "name", "parent_group": 5}]},
            "keyed_groups.parent_group takes the name of a group, a text, not 5.",
        ),
        (
            {"keyed_groups": [{"key": "name", "parent_group": ["x"]}]},
            "keyed_groups.parent_group takes the name of a group, a text, not ['x'].",
        ),
    ],
)
def test_names_of_groups_are_texts(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InputError, match=re.escape(sentence)):
        Populated([instance()], **options)


def test_a_float_as_key_is_an_error_as_ever() -> None:
    plugin = Source(keyed_groups=[{"key": "ratio"}])
    with pytest.raises(AnsibleError):
        Populated([instance(1), instance(2, ratio=1.5)], plugin=plugin)
    assert not plugin.inventory.hosts
    assert set(plugin.inventory.groups) == {"all", "ungrouped"}


# -- names --


@pytest.mark.parametrize(
    ("hostnames", "name"),
    [
        (["name"], "SRV1"),
        (["label"], "Label1"),
        (["label", "name"], "Label1"),
        (["nolabel", "name"], "SRV1"),
        (["ip_address"], "10.0.0.1"),
        (["dns"], "srv1.example.com"),
        (["name ~ '.' ~ (environment | lower)"], "SRV1.test"),
        (["region.id", "cpu", "name"], "4"),
        (["nowhere.at.all", "''", "comment", "name"], "SRV1"),
    ],
)
def test_preferred_names(hostnames: list[str], name: str) -> None:
    fields: dict[str, Any] = {
        "label": "Label1",
        "ipAddress": "10.0.0.1",
        "environment": "TEST",
        "network": NETWORK,
    }
    other = instance(2, nolabel="other", region={"id": "EB"}, nowhere={"at": {"all": "elsewhere"}})
    found = Populated([instance(cpu=4, comment=" ", **fields), other], hostnames=hostnames)
    assert next(iter(found.hosts)) == name


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize(
    ("hostnames", "sentence"),
    [
        (["label2"], r"'label2' gives no name for any of the 2 instances"),
        (["label2", "name"], r"'label2' gives no name for any of the 2 instances"),
        (["name", "region.nothing"], r"'region.nothing' gives no name for any of the 2"),
        (["region", "name"], r"'region' gives no name for any of the 2 instances"),
        (["comment"], r"'comment' gives no name for any of the 2 instances"),
        (["label"], r"'label' gives no name for any of the 2 instances"),
        (["dns", "ip_address"], r"'dns', 'ip_address' gives no name for any of the 2 instances"),
        (["name ~"], r"'name ~' is no expression: "),
        (
            ["name", "name | nosuchfilter"],
            r"'name \| nosuchfilter' is no expression: .*nosuchfilter",
        ),
        (["name is nosuchtest"], r"'name is nosuchtest' is no expression: .*nosuchtest"),
        (["{{ name }}"], r"'\{\{ name \}\}' is no expression: .*without braces around them"),
        ([{"name": "x", "prefix": "y"}], r"expressions such as .*, not \{'name': 'x'"),
        ([["name"]], r"not \['name'\]\."),
        ([None], r"not None\."),
        ([5], r"not 5\."),
        ([""], r"not ''\."),
    ],
)
def test_hostnames_that_would_rename_all(hostnames: Any, sentence: str, strict: bool) -> None:
    fleet = [instance(n, region={"id": "EB"}, comment=None) for n in (1, 2)]
    plugin = Source(hostnames=hostnames, strict=strict)
    with pytest.raises((AnsibleError, InputError)) as caught:
        Populated(fleet, plugin=plugin)
    if "Could not set" not in str(caught.value):
        assert re.search(f"^hostnames.*{sentence}", str(caught.value))
    else:
        assert strict
        assert f"hostnames entry '{hostnames[-1 if hostnames[0] == 'name' else 0]}'" in str(
            caught.value
        )
    assert not plugin.inventory.hosts


def test_a_name_that_one_instance_lacks() -> None:
    fleet = [instance(1, region={"id": "EB"}), instance(2)]
    hostnames = ["region.id ~ '-' ~ name", "name"]
    assert list(Populated(fleet, hostnames=hostnames).hosts) == ["EB-SRV1", "SRV2"]
    with pytest.raises(
        AnsibleError, match="hostnames entry 'region.id ~ '-' ~ name' for host SRV2"
    ):
        Populated(fleet, hostnames=hostnames, strict=True)
    assert not Populated([], hostnames=["label2"], min_hosts=0).hosts


UNSAFE = [
    *[
        "all",
        "ungrouped",
        "localhost",
        "127.0.0.1",
        "::1",
        "a b",
        "a,b",
        "a:b",
        "!a",
        "&a",
        "~a",
        "*",
    ],
    *[
        "-oProxyCommand=x",
        "{{ 1 }}",
        "#jinja2: x",
        "a\nb",
        "a\x1b[2J",
        "a/b",
        "a[0:9]",
        "@file",
        "",
        "é",
    ],
    *[".", "..", "a;b", "a$(b)", "\ud800", "a\u202eb", "x" * 254],
    *NO_SERVERS,
    *LOCAL_NAMES,
]


@pytest.mark.parametrize("name", UNSAFE)
def test_unsafe_names_are_made_safe(name: str) -> None:
    found = Populated([instance(5, name=name, ipAddress="10.0.0.1"), instance(6, name="good")])
    safe, good = found.hosts
    assert good == "good"
    assert safe.endswith("_5")
    assert len(safe) < 80
    assert safe.isascii()
    assert all(c.isalnum() or c in "_.-" for c in safe)
    assert "isn't safe to use" in found.warnings
    assert set(found.plugin.inventory.groups) == {"all", "ungrouped"}


@pytest.mark.parametrize(
    "name",
    [
        "10.0.0.1",
        "fd00::1",
        "2001:db8::1",
        "::ffff:10.0.0.1",
        "4",
        "localhost-1",
        "ip6-gateway",
        "x.local",
    ],
)
def test_names_and_addresses_of_servers(name: str) -> None:
    found = Populated(
        [instance(5, name=name, network={"dns": [{"alias": name}]})], connection_address="dns"
    )
    assert {host: v["ansible_host"] for host, v in found.hosts.items()} == {name: name}
    assert not found.warnings


@given(
    st.lists(
        st.one_of(
            st.text(max_size=6), st.sampled_from(["A", "all", "all_1", "A_2", None, 5, True])
        ),
        max_size=8,
    ),
    st.sampled_from(["unique", "warn"]),
)
def test_no_host_hides_another(names: list[Any], on_duplicate: str) -> None:
    fleet = [instance(number, name=name) for number, name in enumerate(names)]
    found = Populated(fleet, on_duplicate=on_duplicate, min_hosts=0)
    ids = [variables["itcare_id"] for variables in found.hosts.values()]
    assert len(set(ids)) == len(ids)
    if on_duplicate == "unique":
        assert sorted(ids) == list(range(len(names)))


def test_duplicates() -> None:
    fleet = [instance(9, name="X"), instance(3, name="X"), instance(4, name="Y")]
    with pytest.raises(AnsibleError, match=r"the same host name: 'X' \(ids 9, 3\)"):
        Populated(fleet)
    kept = Populated(fleet, on_duplicate="warn")
    assert {name: v["itcare_id"] for name, v in kept.hosts.items()} == {"X": 3, "Y": 4}
    assert "'X' (ids 9, 3)" in kept.warnings
    unique = Populated(fleet, on_duplicate="unique")
    assert {name: v["itcare_id"] for name, v in unique.hosts.items()} == {
        "X_9": 9,
        "X_3": 3,
        "Y": 4,
    }
    assert not unique.warnings


def test_the_lowest_id_is_that_of_a_number() -> None:
    fleet = [instance(10, name="X"), instance(9, name="X")]
    assert Populated(fleet, on_duplicate="warn").hosts["X"]["itcare_id"] == 9


def test_a_refused_address_is_told_under_the_hosts_last_name() -> None:
    keyed = [{"key": "name", "separator": ""}]
    found = Populated([instance(1, ipAddress="0.0.0.0")], keyed_groups=keyed)
    told = [text for text in found.plugin.display.warnings if "get no ansible_host" in text]
    assert list(found.hosts) == ["SRV1_1"]
    assert [text[-21:] for text in told] == [": SRV1_1 ('0.0.0.0')."]


def test_a_unique_name_may_be_taken() -> None:
    fleet = [instance(1, name="X"), instance(2, name="X"), instance(3, name="X_1")]
    assert list(Populated(fleet, on_duplicate="unique").hosts) == ["X_1_2", "X_2", "X_1"]


def test_names_that_were_not_found_are_told() -> None:
    found = Populated([instance(1)], names=["SRV1", "SRV2"])
    assert "No instance was found for these names: SRV2." in found.warnings


WRONG = st.recursive(
    st.sampled_from([None, True, 0, 7, 1.5, "", "x"]),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2),
        st.dictionaries(
            st.sampled_from(["id", "dns", "alias", "domain", "excluded"]), inner, max_size=3
        ),
    ),
    max_leaves=5,
)
READ = [
    *["name", "label", "ipAddress", "status", "region", "network", "patchParty", "serviceId"],
    *["serviceName", "cloudName", "osType", "availabilityZone"],
]


@given(st.lists(st.dictionaries(st.sampled_from(READ), WRONG), min_size=1, max_size=3))
def test_fields_may_be_of_any_kind(fields: list[dict[str, Any]]) -> None:
    """None of them makes a host disappear."""
    fleet = [{"id": number, **more} for number, more in enumerate(fields)]
    for address in ("ip", "dns"):
        found = Populated(
            fleet,
            group_by=list(NATIVE_GROUPS),
            hostnames=["label", "dns", "ip_address", "name"],
            on_duplicate="unique",
            connection_address=address,
        )
        assert len(found.hosts) == len(fleet)
