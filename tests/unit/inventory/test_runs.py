# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inventory plugin from end to end: ansible-inventory and plays against the simulator, as users run them."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.cegedim.cloud.plugins.inventory.itcare import EXAMPLES
from support.inventory import (
    ansible_inventory,
    hosts_of,
    listed,
    run_ansible,
    said,
    write_source,
)
from support.simulator import Simulator

GROUPING: dict[str, Any] = {
    "group_by": ["environment", "status", "region", "patch_group"],
    "keyed_groups": [
        {"key": "environment", "prefix": "env"},
        {"key": "region.id", "separator": "", "parent_group": "regions"},
        {"key": "cpu", "prefix": "cpu"},
    ],
    "groups": {"busy": "itcare_running and ram >= 8"},
    "compose": {"ansible_host": "ip_address", "short": "name | lower"},
}
HOSTILE = [
    "{{ lookup('pipe', 'touch executed') }}",
    "{% for i in lookup('pipe', 'touch executed') %}x{% endfor %}",
    "#jinja2: variable_start_string: '[%', variable_end_string: '%]'\n[% lookup('pipe', 'touch executed') %]",
]
EACH_GROUPING = pytest.mark.parametrize("grouping", ["fast", "plain"])


@pytest.fixture
def fleet(simulator: Simulator) -> Simulator:
    simulator.reset(instances=250)
    simulator.settings(max_page_size=50)
    return simulator


def pages(simulator: Simulator) -> int:
    return sum("page" in entry["query"] for entry in simulator.requests())


@EACH_GROUPING
def test_250_instances_in_pages_of_50(fleet: Simulator, tmp_path: Path, grouping: str) -> None:
    source = write_source(tmp_path, fleet, **GROUPING)
    done = ansible_inventory(source, "--list", ITCARE_GROUPING=grouping)
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    assert "__ansible_unsafe" not in done.stdout
    inventory = json.loads(done.stdout)
    hosts = hosts_of(inventory)
    assert len(hosts) == 250
    assert pages(fleet) == 7
    assert not fleet.writes()
    for name, variables in hosts.items():
        assert variables["itcare_name"] == name
        assert variables["ansible_host"] == variables["itcare_ip_address"]
        assert variables["short"] == name.lower()
        assert variables["itcare_running"] is (variables["itcare_status"] == "ACTIVE")
        assert name in inventory[f"environment_{variables['itcare_environment']}"]["hosts"]
        assert name in inventory[f"env_{variables['itcare_environment']}"]["hosts"]
        assert name in inventory[f"cpu_{variables['itcare_cpu']}"]["hosts"]
        assert variables["itcare_region"]["id"] in inventory["regions"]["children"]
    excluded = {name for name, v in hosts.items() if v["itcare_excluded"]}
    assert excluded == set(inventory["patch_group_excluded"]["hosts"])
    assert excluded


def test_a_bad_day(fleet: Simulator, tmp_path: Path) -> None:
    """Everything that passes, at once: the inventory is complete all the same."""
    faults: dict[str, dict[str, Any]] = {
        "0": {"status": 500},
        "1": {"status": 429, "headers": {"Retry-After": "1"}},
        "2": {"cut": "body"},
        "3": {"cut": "before", "reset": True},
        "4": {"remove": 2},
    }
    for page, fault in faults.items():
        fleet.fault(path="/compute/instances$", query={"page": page}, count=1, fault=fault)
    fleet.fault(path="/token$", count=1, fault={"status": 503})
    assert len(hosts_of(listed(write_source(tmp_path, fleet)))) == 248


def test_graph(fleet: Simulator, tmp_path: Path) -> None:
    done = ansible_inventory(write_source(tmp_path, fleet), "--graph")
    assert done.returncode == 0
    assert done.stdout.count("|  |--") == 250


def test_names_filters_and_tag_groups(simulator: Simulator, tmp_path: Path) -> None:
    for name, tags in {
        "WEB1": ["app:web"],
        "WEB2": ["app:web", "tier:front"],
        "DB1": ["app:db"],
    }.items():
        simulator.add(name=name, environment="TEST", tags=tags)
    options: dict[str, Any] = {
        "filters": {"environments": ["TEST"]},
        "names": ["WEB1", "WEB2", "DB1", "NOSUCH"],
    }
    source = write_source(tmp_path, simulator, tag_groups=["app:web", "tier:front"], **options)
    done = ansible_inventory(source, "--list")
    inventory = json.loads(done.stdout)
    assert sorted(hosts_of(inventory)) == ["DB1", "WEB1", "WEB2"]
    assert sorted(inventory["tag_app_web"]["hosts"]) == ["WEB1", "WEB2"]
    assert inventory["tag_tier_front"]["hosts"] == ["WEB2"]
    assert "No instance was found for these names: NOSUCH." in said(done)
    tagged = write_source(tmp_path, simulator, filters={"tags": ["app:db"]})
    assert list(hosts_of(listed(tagged))) == ["DB1"]


@pytest.mark.parametrize("match", ["exact", "prefix", "ignorecase"])
def test_names_are_compared_exactly(simulator: Simulator, tmp_path: Path, match: str) -> None:
    simulator.settings(names_match=match)
    for name in ("APP1", "APP10", "app1"):
        simulator.add(name=name)
    source = write_source(tmp_path, simulator, names=["APP1"])
    assert list(hosts_of(listed(source))) == ["APP1"]


def test_what_is_included_is_one_request_each(simulator: Simulator, tmp_path: Path) -> None:
    simulator.reset(instances=12)
    source = write_source(tmp_path, simulator, include=["storage", "network"])
    hosts = hosts_of(listed(source))
    paths = [entry["path"].rsplit("/", 1)[1] for entry in simulator.requests()]
    assert (paths.count("storage"), paths.count("networks")) == (12, 12)
    assert all(v["itcare_storage_information"]["file_systems"] for v in hosts.values())
    assert all(v["itcare_network"]["cidr"] for v in hosts.values())


def test_what_is_not_there_stays_as_the_list_had_it(simulator: Simulator, tmp_path: Path) -> None:
    """An instance that has just gone, and one whose id the list doesn't show: nothing can be asked about it."""
    network = {"cidr": "10.0.0.0/8"}
    shown = [{"id": 7, "name": "GONE", "network": network}, {"name": "DARK", "network": network}]
    page = {"content": shown, "totalElements": 2}
    simulator.fault(path="instances$", fault={"status": 200, "body": json.dumps(page)})
    hosts = hosts_of(listed(write_source(tmp_path, simulator, include=["network", "storage"])))
    assert {name: host["itcare_network"] for name, host in hosts.items()} == {
        "GONE": network,
        "DARK": network,
    }
    paths = [entry["path"].rsplit("/", 2)[1:] for entry in simulator.requests()]
    assert sorted(paths[2:]) == [["7", "networks"], ["7", "storage"]]


@EACH_GROUPING
def test_templates_in_names_and_comments_are_inert(
    simulator: Simulator, tmp_path: Path, grouping: str
) -> None:
    """Listed, and used in a play in every way that executes a template."""
    simulator.reset(instances=0)
    for number, text in enumerate(HOSTILE):
        simulator.add(
            name=text,
            comment=text,
            serviceName=text,
            label=f"L{number}",
            network={"description": text, "dns": [{"alias": text, "domain": text}]},
            loadbalancers=[{"name": text}],
            newField={"deep": [text]},
        )
    source = write_source(
        tmp_path,
        simulator,
        compose={"again": "comment", "deep": "new_field", "mixed": "comment ~ '!'"},
        keyed_groups=[{"key": "service_name", "parent_group": "{{ comment }}"}],
        group_by=["service"],
        hostnames=["name ~ ''"],
        groups={"same": "comment == name"},
        grouping=grouping,
    )
    inventory = listed(source, ANSIBLE_INVENTORY_EXPORT="1")
    assert len(hosts_of(inventory)) == len(HOSTILE)
    assert len(inventory["same"]["hosts"]) == len(HOSTILE)
    play = tmp_path / "play.yml"
    play.write_text(
        json.dumps(
            [
                {
                    "hosts": "all",
                    "gather_facts": False,
                    "connection": "local",
                    "tasks": [
                        {"debug": {"var": "hostvars[inventory_hostname]"}},
                        {
                            "debug": {
                                "msg": "{{ itcare_comment }} {{ again }} {{ mixed }} {{ deep }}"
                            }
                        },
                        {"debug": {"msg": "{{ itcare_new_field.deep[0] }} {{ itcare_network }}"}},
                        {"set_fact": {"copied": "{{ itcare_comment }}"}},
                        {
                            "debug": {"msg": "{{ copied }} {{ itcare_name }}"},
                            "when": "copied == again",
                        },
                        {"debug": {"msg": "{{ item }}"}, "loop": "{{ itcare_loadbalancers }}"},
                    ],
                }
            ]
        )
    )
    done = run_ansible("ansible-playbook", tmp_path, "-i", source, play)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"ok={6 * 1}" in done.stdout
    assert "lookup('pipe'" in done.stdout
    assert not list(tmp_path.glob("**/executed"))


@EACH_GROUPING
def test_what_an_expression_leaves_of_a_template_is_inert(
    simulator: Simulator, tmp_path: Path, grouping: str
) -> None:
    """A header that only begins the text when it has been stripped, and a key that is a template; in plays, too."""
    simulator.reset(instances=0)
    simulator.add(
        name="EVIL",
        label=f" {HOSTILE[2]}",
        backupPolicyDetails={"policies": [{"frequencies": {HOSTILE[0]: 14}}]},
    )
    frequencies = "backup_policy_details.policies[0].frequencies"
    source = write_source(
        tmp_path, simulator, compose={"short": "label | trim", "often": f"{frequencies} | first"}
    )
    module = {key: simulator.options()[key] for key in ("api_url", "token_url", "client_id")}
    tasks: list[dict[str, Any]] = [
        {"debug": {"msg": "{{ short }} {{ often }}"}},
        {"set_fact": {"key": f"{{{{ itcare_{frequencies} | first }}}}"}},
        {"debug": {"msg": "{{ key }}"}},
        {
            "cegedim.cloud.itcare_instance_info": {**module, "client_secret": "demo-secret"},
            "register": "found",
        },
        {"set_fact": {"map": f"{{{{ found.instances[0].{frequencies} }}}}"}},
        {"set_fact": {"key": "{{ map | first }}"}},
        {"debug": {"msg": "{{ key }} {{ found.instances[0].label | trim }}"}},
    ]
    play = tmp_path / "play.yml"
    play.write_text(
        json.dumps(
            [{"hosts": "EVIL", "gather_facts": False, "connection": "local", "tasks": tasks}]
        )
    )
    python = f"ansible_python_interpreter={sys.executable}"
    more: list[str | Path] = ["-e", python, play]
    done = run_ansible("ansible-playbook", tmp_path, "-i", source, *more, ITCARE_GROUPING=grouping)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ok=7" in done.stdout
    assert not list(tmp_path.glob("**/executed"))


def test_no_other_grouping(simulator: Simulator, tmp_path: Path) -> None:
    in_the_file = ansible_inventory(write_source(tmp_path, simulator, grouping="slow"))
    assert "grouping takes one of fast, plain, not 'slow'." in said(in_the_file)
    told = ansible_inventory(write_source(tmp_path, simulator), ITCARE_GROUPING="slow")
    assert "grouping" in said(told)
    assert (in_the_file.returncode, told.returncode) == (1, 1)
    assert not simulator.requests()


def test_an_empty_variable_tells_no_grouping(simulator: Simulator, tmp_path: Path) -> None:
    """What AWX makes of a credential type's field that nobody filled in."""
    done = ansible_inventory(write_source(tmp_path, simulator), "--list", ITCARE_GROUPING="")
    assert done.returncode == 0, done.stderr
    told = write_source(tmp_path, simulator, grouping="slow")
    assert "not 'slow'" in said(ansible_inventory(told, "--list", ITCARE_GROUPING=""))


def test_secrets_may_be_templates(simulator: Simulator, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("demo-secret\n")
    source = write_source(
        tmp_path,
        simulator,
        client_id="{{ lookup('env', 'WHO') }}",
        client_secret=f"{{{{ lookup('file', '{tmp_path / 'secret'}') }}}}",
    )
    assert len(hosts_of(listed(source, WHO="demo"))) == 40
    source = write_source(tmp_path, simulator, client_id="{{ account }}")
    assert len(hosts_of(listed(source, "-e", "account=demo"))) == 40


def test_credentials_from_the_environment_are_no_templates(
    simulator: Simulator, tmp_path: Path
) -> None:
    source = write_source(tmp_path, simulator, client_secret=None)
    assert len(hosts_of(listed(source, ITCARE_CLIENT_SECRET="demo-secret"))) == 40
    trap = "{{ lookup('pipe', 'touch executed') }}"
    done = ansible_inventory(source, ITCARE_CLIENT_SECRET=trap)
    assert done.returncode != 0
    assert not list(tmp_path.glob("**/executed"))


def test_no_secret_is_shown(simulator: Simulator, tmp_path: Path) -> None:
    source = write_source(tmp_path, simulator)
    done = ansible_inventory(source, "--list", "-vvvv")
    assert done.returncode == 0
    assert "demo-secret" not in said(done)
    assert "Bearer" not in said(done)


def test_two_sources_and_group_variables(simulator: Simulator, tmp_path: Path) -> None:
    """Beside a static file: variables are merged as Ansible does, and group_vars apply to our groups."""
    simulator.reset(instances=3)
    name = simulator.add(name="SRV1", environment="TEST")["name"]
    static = tmp_path / "static.yml"
    static.write_text(json.dumps({"all": {"hosts": {name: {"site": "{{ itcare_environment }}"}}}}))
    (tmp_path / "group_vars").mkdir()
    (tmp_path / "group_vars" / "environment_TEST.yml").write_text("level: low\n")
    source = write_source(tmp_path, simulator, group_by=["environment"])
    done = run_ansible("ansible-inventory", tmp_path, "-i", static, "-i", source, "--host", name)
    variables = json.loads(done.stdout)
    assert variables["itcare_environment"] == "TEST"
    assert variables["level"] == "low"
    assert variables["site"] == "{{ itcare_environment }}"
    debug = ["-m", "debug", "-a", "msg=site:{{ site }}"]
    done = run_ansible("ansible", tmp_path, name, "-i", static, "-i", source, *debug)
    assert "site:TEST" in done.stdout


EXAMPLE_OF_ACCOUNTS = re.sub("^# ?", "", EXAMPLES.partition("# fleet.itcare.yml")[2], flags=re.M)


def test_the_documented_example_of_accounts_runs(simulator: Simulator, tmp_path: Path) -> None:
    simulator.reset(instances=0)
    simulator.add(id=7, name="WEB1", environment="PRODUCTION")
    simulator.add(id=8, name="LABO7", environment="TEST")
    simulator.add(id=9, name="OTHER", environment="TEST")
    options = simulator.options()
    source = tmp_path / "fleet.itcare.yml"
    # Both are one here.
    _head, _line, example = EXAMPLE_OF_ACCOUNTS.partition("\n")
    source.write_text(re.sub("(web|labo)-account", options["client_id"], example))
    env = {f"ITCARE_{key.upper()}": options[key] for key in ("api_url", "token_url")}
    secrets = dict.fromkeys(("WEB_SECRET", "LABO_SECRET"), options["client_secret"])
    inventory = listed(source, **env, **secrets)
    assert inventory["account_labo"]["hosts"] == ["WEB1_labo_7", "LABO7_labo_8"]
    assert inventory["account_web"]["hosts"] == ["WEB1_web_7", "LABO7_web_8", "OTHER"]


def test_the_documented_example_runs(simulator: Simulator, tmp_path: Path) -> None:
    simulator.add(
        name="WEB1", type="LINUX", environment="PRODUCTION", family="DEBIAN", tags=["app:web"]
    )
    simulator.add(name="TMP1", type="LINUX", environment="PRODUCTION")
    source = tmp_path / "production.itcare.yml"
    source.write_text(EXAMPLES)
    options = simulator.options()
    env = {
        f"ITCARE_{key.upper()}": options[key]
        for key in ("api_url", "token_url", "client_id", "client_secret")
    }
    inventory = listed(source, **env)
    assert "WEB1.example.com" in inventory["tag_app_web"]["hosts"]
    assert "WEB1.example.com" in inventory["os_DEBIAN"]["hosts"]
    assert "TMP1.example.com" not in hosts_of(inventory)
    assert list((tmp_path / ".cache" / "itcare").iterdir())
