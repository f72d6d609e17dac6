# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several accounts and selections, case by case in memory: how entries are read, what becomes of the fleets, and what is said."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleError
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from ansible_collections.cegedim.cloud.plugins.doc_fragments.itcare import ModuleDocFragment
from ansible_collections.cegedim.cloud.plugins.inventory.itcare import DOCUMENTATION
from ansible_collections.cegedim.cloud.plugins.module_utils.api.connection_options import (
    ConnectionOptions,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.api.errors import InputError
from ansible_collections.cegedim.cloud.plugins.plugin_utils.inventory.accounts import (
    Account,
    AccountFleet,
    accounts,
    connections,
)
from ansible_collections.cegedim.cloud.plugins.plugin_utils.inventory.entries import (
    ACCOUNT_OPTIONS,
    SELECTED_BY,
    read_file,
)
from ansible_collections.cegedim.cloud.plugins.plugin_utils.inventory.fleet import (
    Fleet,
    FleetQuery,
    merged,
    origin,
)
from support.inventory import DEFAULTS, Populated, trusted

OPTIONS = yaml.safe_load(DOCUMENTATION)["options"]
DEFINITIONS = {
    **OPTIONS,
    **yaml.safe_load(ModuleDocFragment.PLUGIN)["options"],
    **yaml.safe_load(ModuleDocFragment.SELECTION)["options"],
}
PAIR = {"client_id": "me", "client_secret": "s3cret"}


def read(**config: Any) -> dict[str, Any]:
    config = {"plugin": "cegedim.cloud.itcare", **config}
    return read_file(trusted(config), DEFINITIONS, Templar(DataLoader()))


def made(**config: Any) -> list[Account]:
    options = read(**config)
    return accounts({**DEFAULTS, **options}, connections(options))


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody's account."""
    for option in DEFINITIONS:
        monkeypatch.delenv(f"ITCARE_{option.upper()}", raising=False)


def test_an_entry_takes_what_is_documented() -> None:
    assert sorted(OPTIONS["accounts"]["suboptions"]) == sorted(ACCOUNT_OPTIONS)
    assert sorted(OPTIONS["selections"]["suboptions"]) == sorted(SELECTED_BY)


# -- entries --

A, B = {"name": "a", **PAIR}, {"name": "b", **PAIR}
NO_LISTS: list[Any] = [[], {}, {"names": ["A"]}, "", "names", 7]
NO_NAMES: list[Any] = [
    None,
    "",
    " ",
    "b c",
    "b-c",
    "b.c",
    "é",
    "{{ x }}",
    True,
    [],
    "b\n",
    "b" * 41,
]
WRONG: list[tuple[dict[str, Any], str]] = [
    (
        {"selections": [{"names": ["A"]}], "names": ["B"], "filters": {"types": ["AIX"]}},
        "Both selections and names, filters are given: make names, filters one of the selections.",
    ),
    ({"selections": [{"ids": [1]}], "ids": []}, "Both selections and ids are given"),
    *[
        ({"selections": value}, "selections takes a list of at least one entry")
        for value in NO_LISTS
    ],
    *[
        ({"selections": [{"ids": [1]}, value]}, "selections[1]: There is nothing in it")
        for value in ({}, {"names": None})
    ],
    ({"selections": [None]}, "selections[0]: An entry is a dictionary of options."),
    ({"selections": [["A"]]}, "selections[0]: An entry is a dictionary of options."),
    (
        {"selections": [{"name": "A"}]},
        "selections[0]: There are keys that aren't options: name (did you mean names?). It takes names, exclude_names, ids, filters.",
    ),
    ({"selections": [{"ids": ["x"]}]}, "selections[0]: ids takes a whole number, not 'x'."),
    ({"selections": [{"filters": ["x"]}]}, "selections[0]: filters takes a dictionary"),
    (
        {"selections": [{"ids": [1]}, {"filters": {"environment": ["X"]}}]},
        "selections[1]: filters has no filter 'environment' (did you mean environments?)",
    ),
    (
        {"selections": [{"names": ["{{ nowhere }}"]}]},
        "selections[0]: The template of names can't be rendered",
    ),
    *[
        ({"accounts": value}, "accounts takes a list of at least one entry")
        for value in (*NO_LISTS, "{{ [] }}")
    ],
    ({"accounts": [A, "b"]}, "accounts[1]: An entry is a dictionary of options."),
    *[
        ({"accounts": [A, {**B, "name": name}]}, "accounts[1]: name is missing, or isn't made of")
        for name in NO_NAMES
    ],
    ({"accounts": [PAIR]}, "accounts[0]: name is missing"),
    ({"accounts": [A, B, A]}, "accounts[2]: There is another account of the name a."),
    (
        {"accounts": [{**A, "clientid": "x"}]},
        "Account a: There are keys that aren't options: clientid (did you mean client_id?). It takes name, selections,",
    ),
    (
        {"accounts": [{**A, "filters": {"types": ["AIX"]}}]},
        "Account a: filters can't stand beside its name: write an entry of its selections instead.",
    ),
    ({"accounts": [{**A, "min_hosts": -1}]}, "Account a: min_hosts is at least 0, not -1."),
    ({"accounts": [{**A, "min_hosts": "x"}]}, "Account a: min_hosts takes a whole number"),
    ({"accounts": [{**A, "retries": "x"}]}, "Account a: retries takes a whole number"),
    ({"accounts": [{**A, "retries": -1}]}, "Account a: retries must be 0 or more, not -1."),
    ({"accounts": [{**A, "api_url": "nowhere"}]}, "Account a: api_url must be an address"),
    ({"accounts": [{**A, "client_id": ""}]}, "Account a: client_id is empty"),
    ({"accounts": [{**A, "validate_certs": "ture"}]}, "Account a: validate_certs takes true or"),
    ({"accounts": [{**A, "access_token": "t"}]}, "Account a: Both access_token and client_id"),
    ({"accounts": [A, {"name": "b"}]}, "Account b: No credentials: set client_id"),
    ({"accounts": [{**A, "selections": []}]}, "Account a: selections takes a list of at least"),
    (
        {"accounts": [A, {**B, "selections": [{"ids": [1]}, {"filters": {"x": 1}}]}]},
        "Account b: selections[1]: filters has no filter 'x'",
    ),
    ({"group_by": ["account"], **PAIR}, "group_by: account makes groups of the names in accounts"),
]


@pytest.mark.parametrize(("config", "sentence"), WRONG)
def test_wrong_entries(config: dict[str, Any], sentence: str) -> None:
    if "accounts" not in config:
        config = {**PAIR, **config}
    with pytest.raises(InputError) as caught:
        made(**config)
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    "config",
    [
        {"accounts": {"a": {"client_secret": "S3cr3t"}}},
        {"accounts": ["S3cr3t"]},
        {"accounts": "S3cr3t"},
        {"accounts": [{"name": "a", "client_secret": {"S3cr3t": 1}}]},
        {"accounts": [{"name": "a", "client_secret": "{{ 'S3cr3t' + 1 }}"}]},
        {"accounts": [{"name": "a", "client_secrt": "S3cr3t"}]},
        {"accounts": [{"name": "a", "client_id": "x", "client_secret": "S3cr3t\n"}]},
        {"accounts": [{"name": "", "client_id": "x", "client_secret": "S3cr3t"}]},
        {"accounts": [{"name": "a", "access_token": "S3cr3t", **PAIR}]},
    ],
)
def test_no_error_shows_a_secret(config: dict[str, Any]) -> None:
    with pytest.raises(InputError) as caught:
        made(**config)
    assert "S3cr3t" not in str(caught.value)


def test_entries_are_rendered_each_by_itself() -> None:
    """And what stands in their place as one template, once: what it gives is data."""
    entry = {"names": "{{ ['A', 'B'] }}", "ids": ["{{ 3 + 4 }}"], "filters": {"monitored": "no"}}
    (account,) = made(
        accounts=[
            {
                "name": 7,
                "client_id": "{{ 'm' ~ 'e' }}",
                "client_secret": "{{ 's3cret' | upper }}",
                "retries": "{{ 1 + 1 }}",
                "min_hosts": "{{ 2 * 2 }}",
                "selections": [entry],
            }
        ]
    )
    connection = account.connection
    assert (account.name, account.min_hosts, connection.retries) == ("7", 4, 2)
    assert (connection.client_id, connection.client_secret) == ("me", "S3CRET")
    (query,) = account.queries.values()
    assert (query.selection.names, query.selection.ids) == (("A", "B"), (7,))
    (account,) = made(**PAIR, selections="{{ [{'names': ['A']}, {'ids': [1]}] }}")
    assert [q.selection.ids for q in account.queries.values()] == [None, (1,)]
    (account,) = made(**PAIR, selections="{{ [{'names': ['{' ~ '{ 1 }' ~ '}']}] }}")
    assert [q.selection.names for q in account.queries.values()] == [("{{ 1 }}",)]


def test_what_an_entry_leaves_out_comes_from_the_top_level() -> None:
    top: dict[str, Any] = {
        "api_url": "https://top.example",
        "retries": 1,
        "token_cache": "{{ 1 == 2 }}",
        "filters": {"types": ["AIX"]},
        "min_hosts": 9,
    }
    own = {
        "name": "b",
        "api_url": "https://b.example",
        "token_cache": "yes",
        "selections": [{"names": ["B"]}],
    }
    a, b = made(**top, **PAIR, accounts=[{"name": "a"}, own])
    assert (a.connection.api_url, a.connection.retries) == ("https://top.example", 1)
    assert (b.connection.api_url, b.connection.retries) == ("https://b.example", 1)
    assert (a.connection.token_cache, b.connection.token_cache) == (False, True)
    assert a.connection.client_secret == b.connection.client_secret == "s3cret"
    assert [q.selection.params for q in a.queries.values()] == [{"types": ["AIX"]}]
    assert [(q.selection.params, q.selection.names) for q in b.queries.values()] == [({}, ("B",))]
    assert a.min_hosts == b.min_hosts == 0  # that of the top level is for the whole


def test_credentials_of_two_accounts_are_not_mixed() -> None:
    (own,) = made(access_token="token", accounts=[A])
    assert (own.connection.access_token, own.connection.client_id) == (None, "me")
    (own,) = made(**PAIR, accounts=[{"name": "a", "access_token": "token"}])
    assert (own.connection.access_token, own.connection.client_id) == ("token", None)


def test_the_credentials_may_be_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ITCARE_ACCESS_TOKEN", "token")
    a, b = made(accounts=[{"name": "a"}, B])
    assert (a.connection.access_token, a.connection.client_id) == ("token", None)
    assert (b.connection.access_token, b.connection.client_id) == (None, "me")


# -- what is asked, and found in the cache --


def key(**options: Any) -> str:
    query = FleetQuery.from_options({**DEFAULTS, **options})
    return query.cache_key(ConnectionOptions.from_mapping(PAIR))


def test_what_was_cached_before_there_were_accounts_stays_warm() -> None:
    """This is the key that it has; another one needs another CACHE_SCHEMA, and is one for all users."""
    query = FleetQuery.from_options(
        {
            **DEFAULTS,
            "names": ["A"],
            "filters": {"types": ["AIX"]},
            "tag_groups": ["a:b"],
            "include": ["network"],
        }
    )
    connection = ConnectionOptions("https://a.example/itcare", client_id="a", client_secret="s")
    assert query.cache_key(connection) == "cegedim_cloud_itcare_88562f0e02f38b9615a5479ecf94ac91"


def test_one_entry_in_the_cache_for_each_account_and_selection() -> None:
    """The one that a file with this account and selection alone has."""
    one, other = {"names": ["A"]}, {"filters": {"types": ["AIX"]}}
    assert [*made(**PAIR)[0].queries] == [key()]
    assert [*made(**PAIR, **one)[0].queries] == [key(**one)]
    assert [*made(**PAIR, selections=[one, other, one])[0].queries] == [key(**one), key(**other)]
    second = {**B, "client_id": "other"}
    a, b = made(accounts=[A, second], selections=[one, other])
    assert [*a.queries] == [key(**one), key(**other)]
    assert not set(a.queries) & set(b.queries)
    renamed, _second = made(accounts=[{**A, "name": "z"}, second], selections=[one, other])
    assert [*renamed.queries] == [*a.queries]


def instance(number: int | None, name: str = "", **fields: Any) -> dict[str, Any]:
    return {"id": number, "name": name or f"SRV{number}", **fields}


def test_an_instance_of_two_selections_is_there_once_as_one_of_them_has_it() -> None:
    first = Fleet([instance(1, cpu=1), instance(None, "X")], {"a:b": frozenset({7})})
    second = Fleet(
        [instance(1, cpu=2), instance(2), instance(None, "X"), instance(None, "Y")],
        {"a:b": frozenset({1, 2, 8})},
    )
    found = merged([first, second])
    assert [(item["name"], item.get("cpu")) for item in found.instances] == [
        ("SRV1", 1),
        ("X", None),
        ("SRV2", None),
        ("Y", None),
    ]
    assert found.tagged == {"a:b": frozenset({2})}  # the first one saw none on 1
    assert merged([first]) is first


# -- hosts --

CONNECTIONS = {
    name: ConnectionOptions(
        f"https://{name}.example:8443/itcare", client_id=name, client_secret="x"
    )
    for name in ("web", "labo", "third")
}


def found(
    fleets: dict[str, list[dict[str, Any]]],
    tagged: dict[str, dict[str, frozenset[Any]]] | None = None,
    **told: dict[str, Any],
) -> list[AccountFleet]:
    """What accounts have found. `told`: what is in an entry besides, by its name."""
    config = [
        {"name": name, "client_id": name, "client_secret": "x", **told.get(name, {})}
        for name in fleets
    ]
    options = {**DEFAULTS, **read(accounts=config)}
    made_of = accounts(options, CONNECTIONS)
    tags = tagged or {}
    return [
        AccountFleet(
            account,
            Fleet([dict(one) for one in fleets[account.name]], tags.get(account.name, {})),
        )
        for account in made_of
    ]


TWICE = {"web": [instance(13, "WEB"), instance(1, "A")], "labo": [instance(12, "WEB")]}
SAME = {"web": [instance(13, "WEB")], "labo": [instance(13, "WEB")]}


@pytest.mark.usefixtures("each_grouping")
class TestHosts:
    def test_each_says_its_account(self) -> None:
        hosts = Populated([], found=found(TWICE), on_duplicate="unique", group_by=["account"])
        assert {name: v["itcare_account"] for name, v in hosts.hosts.items()} == {
            "A": "web",
            "WEB_web_13": "web",
            "WEB_labo_12": "labo",
        }
        assert hosts.groups == {"account_web": ["WEB_web_13", "A"], "account_labo": ["WEB_labo_12"]}
        assert "itcare_api_url" not in str(hosts.hosts)

    def test_without_accounts_none_says_one(self) -> None:
        one = Populated([instance(1)], groups={"told": "account is defined"})
        assert "itcare_account" not in one.hosts["SRV1"]
        assert not one.groups

    def test_expressions_see_the_account_also_where_fields_leaves_it_out(self) -> None:
        hosts = Populated(
            [],
            found=found(TWICE),
            fields=["name"],
            hostnames=["name ~ '-' ~ account"],
            keyed_groups=[{"key": "itcare_account", "prefix": "of"}],
        )
        assert sorted(hosts.hosts) == ["A-web", "WEB-labo", "WEB-web"]
        assert hosts.groups["of_labo"] == ["WEB-labo"]
        assert hosts.hosts["WEB-labo"]["itcare_account"] == "labo"
        assert not hosts.warnings

    def test_the_api_s_host_if_that_is_asked_for(self) -> None:
        hosts = Populated([], found=found({"web": [instance(1)]}), fields=["name", "api_url"])
        assert hosts.hosts["SRV1"]["itcare_api_url"] == "web.example:8443"
        one = Populated([instance(1)], fields=["api_url"], hostvars_prefix="x_")
        assert one.hosts["SRV1"]["x_api_url"] == "api.cegedim.cloud"

    @pytest.mark.parametrize(
        ("fleets", "who"), [(TWICE, "13 of web, 12 of labo"), (SAME, "13 of web, 13 of labo")]
    )
    def test_two_of_a_name_are_an_error(self, fleets: Any, who: str) -> None:
        with pytest.raises(AnsibleError) as caught:
            Populated([], found=found(fleets))
        assert f"Several instances have the same host name: 'WEB' (ids {who})." in str(caught.value)

    def test_the_lowest_id_is_kept_and_of_one_id_that_of_the_first_account(self) -> None:
        hosts = Populated([], found=found(TWICE), on_duplicate="warn")
        assert hosts.hosts["WEB"]["itcare_account"] == "labo"
        assert "'WEB' (ids 13 of web, 12 of labo)" in hosts.warnings
        hosts = Populated([], found=found(SAME), on_duplicate="warn")
        assert [v["itcare_account"] for v in hosts.hosts.values()] == ["web"]

    def test_each_gets_its_account_and_id(self) -> None:
        hosts = Populated([], found=found(SAME), on_duplicate="unique")
        assert sorted(hosts.hosts) == ["WEB_labo_13", "WEB_web_13"]
        assert not hosts.warnings

    def test_a_made_up_name_has_the_account_too(self) -> None:
        fleets = {name: [instance(1, "a b"), instance(2, "")] for name in ("web", "labo")}
        fleets["web"][1]["name"] = fleets["labo"][1]["name"] = None
        hosts = Populated([], found=found(fleets))
        assert sorted(hosts.hosts) == ["a_b_labo_1", "a_b_web_1", "host_labo_2", "host_web_2"]
        assert "'a b' (id 1 of web) is a_b_web_1, id 2 of web is host_web_2" in hosts.warnings

    def test_tags_are_those_of_the_account(self) -> None:
        """An id means something in its account only."""
        fleets = {"web": [instance(1, "W")], "labo": [instance(1, "L")]}
        tagged = {
            "web": {"app:a": frozenset({1}), "app:b": frozenset({2})},
            "labo": {"app:a": frozenset(), "app:b": frozenset({3})},
        }
        hosts = Populated([], found=found(fleets, tagged))
        assert hosts.groups == {"tag_app_a": ["W"], "tag_app_b": []}
        assert "No host has these tags of tag_groups: app:b." in hosts.warnings

    def test_a_source_of_one_of_these_accounts_brings_the_same_host(self) -> None:
        """What the account is called here says nothing; where it is and who asks does."""
        one = Populated([], found=found(TWICE), on_duplicate="unique")
        account = origin(CONNECTIONS["labo"])
        two = Populated(
            [instance(12, "WEB_labo_12", cpu=8)], origin=account, after=one, hostvars_prefix="x_"
        )
        assert two.hosts["WEB_labo_12"]["x_cpu"] == 8
        assert two.hosts["WEB_labo_12"]["itcare_account"] == "labo"
        with pytest.raises(AnsibleError, match="id 12 of the account labo at https://labo.example"):
            Populated([instance(12, "WEB_labo_12")], after=one)


# -- what isn't there --


def test_a_name_is_missing_when_none_of_the_selections_has_found_it() -> None:
    fleets = {"web": [instance(1, "A")], "labo": [instance(1, "C")], "third": [instance(2, "D")]}
    own = [{"names": ["A"], "filters": {"types": ["AIX"]}}, {"ids": [1, 9]}, {"names": ["B", "D"]}]
    told: dict[str, Any] = {"web": {"selections": own}}
    hosts = Populated([], found=found(fleets, **told))
    assert hosts.plugin.display.warnings == [
        "Account web: No instance was found for these names: B, D.",
        "Account web: No instance was found for these ids: 9.",
    ]


def test_a_name_for_all_accounts_is_missing_when_none_has_it() -> None:
    config: dict[str, Any] = {"names": ["A", "C", "NOWHERE"]}
    options = {**DEFAULTS, **read(accounts=[A, B], **config)}
    both = accounts(options, {"a": CONNECTIONS["web"], "b": CONNECTIONS["labo"]})
    fleets = [Fleet([instance(1, "A")], {}), Fleet([instance(2, "C")], {})]
    hosts = Populated([], found=[AccountFleet(*pair) for pair in zip(both, fleets, strict=True)])
    assert hosts.plugin.display.warnings == ["No instance was found for these names: NOWHERE."]


FEW: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    (
        {"min_hosts": 4},
        {"web": {"selections": [{"names": ["A"]}, {"ids": [1, 2]}]}, "labo": {}},
        "Too few hosts: 3, fewer than min_hosts (4); ITCare lists 3 instances. "
        "In force: web: (names: A) or (ids: 1, 2); labo: no filters. Set",
    ),
    (
        {"host_filters": [{"exclude": "account == 'labo'"}]},
        {"labo": {"min_hosts": 1}},
        "Account labo: Too few hosts: 0, fewer than its min_hosts (1); ITCare lists 1 instances. "
        "In force: host_filters.exclude: account == 'labo'. Set",
    ),
    (
        {},
        {"web": {"min_hosts": 3, "selections": [{"filters": {"types": ["AIX"]}}]}},
        "Account web: Too few hosts: 2, fewer than its min_hosts (3); ITCare lists 2 instances. In force: filters.types: AIX. Set",
    ),
]


@pytest.mark.parametrize(("options", "told", "sentence"), FEW)
def test_too_few(options: dict[str, Any], told: dict[str, Any], sentence: str) -> None:
    with pytest.raises(AnsibleError) as caught:
        Populated([], found=found(TWICE, **told), on_duplicate="unique", **options)
    assert str(caught.value).startswith(sentence)


def test_enough() -> None:
    told: dict[str, Any] = {"web": {"min_hosts": 2}, "labo": {"min_hosts": 1}}
    hosts = Populated([], found=found(TWICE, **told), on_duplicate="unique", min_hosts=3)
    assert len(hosts.hosts) == 3


def test_what_is_cached_is_said() -> None:
    for cached, said in (((1, 1), "3 instances are cached ("), ((1, 0), "some of the 3 instances")):
        both = [one._replace(cached=n) for one, n in zip(found(TWICE), cached, strict=True)]
        with pytest.raises(AnsibleError) as caught:
            Populated([], found=both, min_hosts=4)
        assert said in str(caught.value)


def test_a_server_that_two_accounts_see_counts_once() -> None:
    """Of the same API; in another one it is another."""
    both = found({"web": [instance(1), instance(None, "X")], "labo": [instance(1), instance(2)]})
    same = origin(CONNECTIONS["web"])._replace(account="another")
    for its_origin, count in ((same, 3), (origin(CONNECTIONS["labo"]), 4)):
        fleets = [
            one._replace(fleet=Fleet([dict(i) for i in one.fleet.instances], {})) for one in both
        ]
        account = fleets[1].account
        fleets[1] = fleets[1]._replace(
            account=Account(account.connection, its_origin, account.queries, account.name)
        )
        with pytest.raises(AnsibleError, match=f"Too few hosts: {count}, fewer than min_hosts"):
            Populated([], found=fleets, on_duplicate="unique", min_hosts=5)
