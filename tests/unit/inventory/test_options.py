# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From end to end: the options of a file: templates rendered or refused, booleans read or refused, and whose account counts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.parsing.vault import VaultLib, VaultSecret
from ansible.template import Templar
from ansible_collections.cegedim.cloud.plugins.module_utils.api.errors import InputError
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.selection.selection import (
    Selection,
)
from ansible_collections.cegedim.cloud.plugins.plugin_utils.inventory.options import read_options
from support.inventory import ansible_inventory, hosts_of, listed, said, trusted, write_source
from support.simulator import Simulator

WRONG: list[tuple[dict[str, Any], str]] = [
    *[
        ({option: value}, f"{option} takes true or false, not {value!r}.")
        for option in ("validate_certs", "strict", "cache", "use_extra_vars", "leading_separator")
        for value in ("ture", "enabled", "", "None")
    ],
    ({"validate_certs": "/etc/ssl/ca.pem"}, "of certificates goes into ca_path (ITCARE_CA_PATH)."),
    ({"validate_certs": "{{ lookup('env', 'NOWHERE') }}"}, "validate_certs takes true or false"),
    (
        {"validate_certs": "{{ 'en' ~ 'abled' }}"},
        "validate_certs takes true or false, not 'enabled'",
    ),
    ({"filters": {"monitored": "ture"}}, "filters.monitored takes true or false, not 'ture'."),
    ({"filters": {"monitored": ""}}, "filters.monitored takes true or false, not ''."),
    ({"retries": "{{ 'three' }}"}, "retries takes a whole number, not 'three'."),
    ({"workers": "{{ 90 + 9 }}"}, "workers is a number from 1 to 32, not 99."),
    ({"ids": "{{ ['a'] }}"}, "ids takes a whole number, not 'a'."),
    ({"names": "{{ {'a': 1} }}"}, "names takes a list, not {'a': 1}."),
    ({"filters": {"tags": ["{{ 'nocolon' }}"]}}, "filters.tags takes tags as key:value"),
    ({"filters": {"environments": [["A"]]}}, "filters.environments takes a list of texts"),
    ({"include": ["networks"]}, "include takes a list of storage, network, not 'networks'."),
    ({"include": "detail"}, "include takes a list of storage, network, not 'detail'."),
    ({"detail": ["storage"]}, "keys that aren't options: detail"),
    ({"names": ["{{ nowhere }}"]}, "The template of names can't be rendered: "),
    ({"filters": "{{ {'statuses': none} }}"}, "template of filters gives nothing (null), or holds"),
    ({"client_id": ""}, "client_id is empty"),
    ({"client_secret": "{{ '' }}"}, "client_secret is empty"),
    ({"access_token": "also"}, "Both access_token and client_id, client_secret are set"),
    ({"hostnames": "name | replace('a', 'b'"}, "hostnames: \"name | replace('a', 'b'\" is no expr"),
    ({"host_filters": [{"include": "true"}]}, "host_filters ends with an include"),
    ({"ca_path": {"a": "b"}}, "ca_path takes a text, not {'a': 'b'}."),
    *[
        ({option: value}, f"{option} isn't rendered here, so it can't be '{{{{ x }}}}'.")
        for option, value in {
            "group_by": ["{{ x }}"],
            "fields": ["{{ x }}"],
            "hostvars_prefix": "{{ x }}",
            "connection_address": "{{ x }}",
            "on_duplicate": "{{ x }}",
            "include": "{{ x }}",
            "cache_connection": "{{ x }}",
            "cache_plugin": "{{ x }}",
        }.items()
    ],
]


def test_wrong_options(simulator: Simulator, tmp_path: Path) -> None:
    """All in one run, with a sentence for each, before any request."""
    sources = [
        write_source(tmp_path, simulator, name=f"{number}.itcare.yml", **options)
        for number, (options, _sentence) in enumerate(WRONG)
    ]
    more = [argument for source in sources[1:] for argument in ("-i", source)]
    settings = {"UNPARSED_FAILED": "true", "ANY_UNPARSED_IS_FAILED": "false"}
    env = {f"ANSIBLE_INVENTORY_{key}": value for key, value in settings.items()}
    done = ansible_inventory(sources[0], *more, "--list", **env)
    assert done.returncode != 0
    assert not [sentence for _options, sentence in WRONG if sentence not in said(done)]
    assert not simulator.requests()


@pytest.mark.parametrize("name", ["environments", "services", "cloud_id", "monitored", "tags"])
def test_a_filter_whose_template_gives_nothing(name: str) -> None:
    """The fleet isn't selected instead. Before ansible-core 2.19 nothing is an empty text, which no filter takes."""
    definitions = {"filters": {"type": "dict"}}
    config = {"filters": {"types": ["LINUX"], name: "{{ none }}"}}
    with pytest.raises(InputError, match="^(The template of )?filters"):
        Selection.from_options(read_options(trusted(config), definitions, Templar(DataLoader())))


@pytest.mark.parametrize(
    "variable",
    ["ITCARE_VALIDATE_CERTS", "ANSIBLE_INVENTORY_CACHE", "ANSIBLE_INVENTORY_USE_EXTRA_VARS"],
)
def test_a_boolean_of_the_environment(simulator: Simulator, tmp_path: Path, variable: str) -> None:
    source = write_source(tmp_path, simulator)
    done = ansible_inventory(source, **{variable: "ture"})
    assert done.returncode != 0
    assert f"environment variable {variable}" in said(done)
    assert "takes true or false, not 'ture'." in said(done)
    assert not simulator.requests()


@pytest.mark.parametrize("section", ["inventory", "inventory_plugins"])
def test_a_boolean_of_ansible_cfg(simulator: Simulator, tmp_path: Path, section: str) -> None:
    key = {"inventory": "cache", "inventory_plugins": "use_extra_vars"}[section]
    settings = tmp_path / "settings.cfg"
    source = write_source(tmp_path, simulator)
    settings.write_text(f"[{section}]\n{key} = ture ; of course\n")
    done = ansible_inventory(source, ANSIBLE_CONFIG=str(settings))
    assert done.returncode != 0
    assert f"The setting {key} in [{section}] of " in said(done)
    assert f"({key}) takes true or false, not 'ture'." in said(done)
    assert not simulator.requests()
    variable = f"ANSIBLE_INVENTORY_{key.upper()}"
    assert hosts_of(listed(source, ANSIBLE_CONFIG=str(settings), **{variable: "no"}))


def test_empty_variables_are_not_set(simulator: Simulator, tmp_path: Path) -> None:
    source = write_source(tmp_path, simulator)
    names = ["ACCESS_TOKEN", "API_URL", "VALIDATE_CERTS", "CA_PATH", "RETRIES", "REQUEST_TIMEOUT"]
    assert len(hosts_of(listed(source, **{f"ITCARE_{name}": "" for name in names}))) == 40


def test_certificates_are_checked_unless_told_so(secure: Simulator, tmp_path: Path) -> None:
    source = write_source(tmp_path, secure)
    assert "can't be trusted" in said(ansible_inventory(source, ITCARE_VALIDATE_CERTS=""))
    assert not secure.requests()
    unchecked = write_source(tmp_path, secure, validate_certs="{{ verify }}")
    done = ansible_inventory(unchecked, "--list", "-e", "verify=no")
    assert done.returncode == 0, done.stderr
    assert said(done).count("aren't checked, as validate_certs is false") == 1
    assert "Insecure" not in said(done)


def test_a_given_account_beats_a_token_of_the_environment(
    simulator: Simulator, tmp_path: Path
) -> None:
    source = write_source(tmp_path, simulator)
    assert len(hosts_of(listed(source, ITCARE_ACCESS_TOKEN="somebody-elses"))) == 40
    half = write_source(tmp_path, simulator, client_secret=None)
    env = {"ITCARE_ACCESS_TOKEN": "somebody-elses", "ITCARE_CLIENT_SECRET": "demo-secret"}
    assert len(hosts_of(listed(half, **env))) == 40
    nothing = write_source(tmp_path, simulator, client_id=None, client_secret=None)
    done = ansible_inventory(nothing, ITCARE_CLIENT_ID="demo", **env)
    assert done.returncode != 0
    assert "Both ITCARE_ACCESS_TOKEN and ITCARE_CLIENT_ID, ITCARE_CLIENT_SECRET" in said(done)
    assert "somebody-elses" not in said(done)


def encrypted(text: str) -> str:
    """`text` as a file has it after the tag `!vault`."""
    made = VaultLib().encrypt(text, VaultSecret(b"opener")).decode().splitlines()
    return "".join(f"\n    {line}" for line in ("|", *made)).lstrip()


def test_rendered(simulator: Simulator, tmp_path: Path) -> None:
    """With extra variables, lookups and a vault; alone, in lists and in the filters."""
    fleet = {"A1": "TEST", "A2": "PRODUCTION", "A3": "DEV", "B1": "TEST"}
    for name, environment in fleet.items():
        simulator.add(name=name, environment=environment, tags=["app:a"], region={"id": "EB"})
    source = write_source(
        tmp_path,
        simulator,
        api_url="{{ lookup('env', 'WHERE') }}",
        names=["A1", "{{ second }}", "{{ lookup('env', 'THIRD') }}"],
        filters={"environments": ["TEST", "{{ fleet_env }}"], "tags": "{{ ['app:' ~ letter] }}"},
        tag_groups=["app:{{ letter }}"],
        page_size="{{ 2 * 5 }}",
        workers="{{ workers }}",
        strict="{{ 'y' ~ 'es' }}",
        leading_separator="{{ false }}",
        keyed_groups=[{"key": "region.id", "parent_group": "{{ environment }}"}],
        compose={"plain": "'x' ~ environment"},
    )
    text = source.read_text()
    assert '"client_secret": "demo-secret"' in text
    lines = "".join(f"{key}: {json.dumps(v)}\n" for key, v in json.loads(text).items())
    lines = lines.replace(
        'client_secret: "demo-secret"', f"client_secret: !vault {encrypted('demo-secret')}"
    )
    source.write_text(lines)
    password = tmp_path / "password"
    password.write_text("opener")
    values = json.dumps({"second": "A2", "fleet_env": "PRODUCTION", "letter": "a", "workers": 3})
    env = {"WHERE": simulator.api_url, "THIRD": "A3"}
    inventory = listed(source, "-e", values, "--vault-password-file", password, **env)
    assert sorted(hosts_of(inventory)) == ["A1", "A2"]
    assert sorted(inventory["tag_app_a"]["hosts"]) == ["A1", "A2"]
    assert inventory["TEST"]["children"] == ["EB"]
    assert "__ansible_unsafe" not in json.dumps(inventory)
    (page,) = [e["query"] for e in simulator.requests() if e["query"].get("page") == "0"][:1]
    assert page["size"] == "10"


def test_a_number_in_a_vault(simulator: Simulator, tmp_path: Path) -> None:
    source = write_source(tmp_path, simulator, workers="HERE", names=["HERE2"])
    lines = "".join(f"{k}: {json.dumps(v)}\n" for k, v in json.loads(source.read_text()).items())
    name = simulator.add(name="VAULTED")["name"]
    lines = lines.replace('"HERE"', f"!vault {encrypted('7')}")
    lines = lines.replace('["HERE2"]', f"\n  - !vault {encrypted(name)}")
    source.write_text(lines)
    password = tmp_path / "password"
    password.write_text("opener")
    assert list(hosts_of(listed(source, "--vault-password-file", password))) == [name]
    done = ansible_inventory(source)
    assert done.returncode != 0
    assert "can't be decrypted" in said(done)


def test_hostnames_as_text(simulator: Simulator, tmp_path: Path) -> None:
    """Commas part simple entries, but not those of an expression."""
    simulator.reset(instances=0)
    simulator.add(name="A", label=None)
    simulator.add(name="B", label="L")
    source = write_source(tmp_path, simulator, hostnames="label, name")
    assert sorted(hosts_of(listed(source))) == ["A", "L"]
    source = write_source(tmp_path, simulator, hostnames="name | replace('A', 'C')")
    assert sorted(hosts_of(listed(source))) == ["B", "C"]
    done = ansible_inventory(write_source(tmp_path, simulator, hostnames="label2"))
    assert done.returncode != 0
    assert "hostnames: 'label2' gives no name for any of the 2 instances" in said(done)


SECRET = "S3cr3t{%Pass"


@pytest.mark.parametrize("option", ["client_secret", "access_token"])
@pytest.mark.parametrize(
    "text", [SECRET, f"{{{{ {SECRET!r} + 1 }}}}", f"{SECRET}{{{{", f"x{{# {SECRET}"]
)
def test_no_error_shows_a_secret_that_is_a_template(
    simulator: Simulator, tmp_path: Path, option: str, text: str
) -> None:
    options: dict[str, Any] = {"client_secret": None, option: text}
    source = write_source(tmp_path, simulator, **options)
    done = ansible_inventory(source, "--list", "-vvvv")
    assert done.returncode != 0
    assert f"The template of {option} can't be rendered; its text isn't shown here." in said(done)
    assert "S3cr3t" not in said(done)
    assert not simulator.requests()


def test_a_secret_of_digits(simulator: Simulator, tmp_path: Path) -> None:
    """A template makes a number of it since ansible-core 2.19."""
    source = write_source(tmp_path, simulator, client_secret="{{ 12345678 }}")
    assert "Check client_id, client_secret" in said(ansible_inventory(source))
    token: dict[str, Any] = {
        "client_id": None,
        "client_secret": None,
        "access_token": "{{ 12345678 }}",
    }
    source = write_source(tmp_path, simulator, **token)
    assert "401 (not authenticated)" in said(ansible_inventory(source))


def test_braces_that_are_no_template(simulator: Simulator, tmp_path: Path) -> None:
    """A secret may hold them: it is marked as it would be anywhere in Ansible."""
    source = write_source(tmp_path, simulator, client_secret="HERE")
    source.write_text(source.read_text().replace('"HERE"', f'!unsafe "{SECRET}"'))
    done = ansible_inventory(source)
    assert "Check client_id, client_secret" in said(done)
    assert "S3cr3t" not in said(done)
    # Once as it is, and as some services want such a secret.
    assert [asked["path"].rpartition("/")[2] for asked in simulator.requests()] == ["token"] * 2
