# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From end to end: what goes wrong: no host, rc not 0, and a sentence that says what to do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.inventory import ansible_inventory, said, write_source
from support.simulator import Simulator

LIST = "/compute/instances$"


def failure(source: Path, **env: str) -> str:
    """What a run says that must fail."""
    env.setdefault("ANSIBLE_INVENTORY_UNPARSED_FAILED", "true")
    done = ansible_inventory(source, "--list", **env)
    assert done.returncode != 0
    assert "hostvars" not in done.stdout
    return said(done)


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"clientid": "x"}, "keys that aren't options: clientid (did you mean client_id?)"),
    ({"keyed_group": []}, "keyed_group (did you mean keyed_groups?)"),
    ({"workers": "many"}, "workers takes a whole number, not 'many'."),
    ({"workers": 99}, "workers is a number from 1 to 32, not 99."),
    ({"page_size": 0}, "page_size is at least 1, not 0."),
    ({"names": {"a": 1}}, "names takes a list, not {'a': 1}."),
    (
        {"connection_address": "vpn"},
        "connection_address takes one of ip, dns, none, not 'vpn'.",
    ),
    ({"group_by": ["colour"]}, "group_by takes a list of environment, status, region,"),
    ({"filters": {"environment": ["X"]}}, "(did you mean environments?)"),
    ({"filters": {"tags": ["nocolon"]}}, "filters.tags takes tags as key:value"),
    ({"tag_groups": ["nocolon"]}, "tag_groups takes tags as key:value"),
    ({"hostvars_prefix": "ansible_"}, "hostvars_prefix is made of letters"),
    ({"hostvars_prefix": "9-"}, "hostvars_prefix is made of letters"),
    (
        {"host_filters": [{"only": "x"}]},
        "host_filters takes entries such as 'exclude: expression'",
    ),
    ({"hostnames": []}, "hostnames needs at least one entry"),
    ({"request_timeout": 0}, "request_timeout must be more than 0"),
    ({"client_id": "{{ nosuchvar }}"}, "The template of client_id can't be rendered"),
]


def test_wrong_files(simulator: Simulator, tmp_path: Path) -> None:
    """All in one run: each source says what is wrong with it, before any request."""
    sources = [
        write_source(tmp_path, simulator, name=f"{number}.itcare.yml", **options)
        for number, (options, _sentence) in enumerate(WRONG)
    ]
    more = [argument for source in sources[1:] for argument in ("-i", source)]
    done = ansible_inventory(
        sources[0],
        *more,
        "--list",
        ANSIBLE_INVENTORY_UNPARSED_FAILED="true",
        ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED="false",
    )
    assert done.returncode != 0
    assert not [sentence for _options, sentence in WRONG if sentence not in said(done)]
    assert not simulator.requests()


def test_a_secret_of_the_wrong_type_is_not_shown(simulator: Simulator, tmp_path: Path) -> None:
    source = write_source(tmp_path, simulator, client_secret={"key": "hidden-secret"})
    assert "hidden-secret" not in failure(source)


def test_a_file_name_that_is_not_accepted(simulator: Simulator, tmp_path: Path) -> None:
    source = write_source(tmp_path, simulator, name="fleet.yml")
    text = source.read_text().replace("{", "", 1).rstrip("}")
    source.write_text("\n".join(part.strip() for part in text.replace('"', "").split(", ")))
    assert "takes files whose names end in itcare.yml or itcare.yaml" in failure(source)
    right = source.rename(tmp_path / "fleet.itcare.yaml")
    assert ansible_inventory(right, "--graph").returncode == 0


def test_other_files_are_left_to_other_plugins(tmp_path: Path) -> None:
    other = tmp_path / "hosts.yml"
    other.write_text("all: {hosts: {one: {}}}\n")
    done = ansible_inventory(other, "--list", ANSIBLE_INVENTORY_ENABLED="cegedim.cloud.itcare,yaml")
    assert done.returncode == 0
    assert "itcare" not in said(done)


def test_no_credentials(simulator: Simulator, tmp_path: Path) -> None:
    source = write_source(tmp_path, simulator, client_id=None, client_secret=None)
    text = failure(source)
    for word in ("client_id", "client_secret", "access_token"):
        assert word in text
        assert f"ITCARE_{word.upper()}" in text


def test_wrong_credentials(simulator: Simulator, tmp_path: Path) -> None:
    source = write_source(tmp_path, simulator, client_secret="wrong-secret")
    text = failure(source)
    assert "ITCARE_CLIENT_SECRET" in text
    assert "wrong-secret" not in text


def test_an_account_without_the_right(simulator: Simulator, tmp_path: Path) -> None:
    simulator.fault(path=LIST, count=0, fault={"status": 403})
    assert "403 (not allowed)" in failure(write_source(tmp_path, simulator))


def test_a_service_that_does_not_answer(simulator: Simulator, tmp_path: Path) -> None:
    simulator.fault(path=LIST, count=0, fault={"delay": 5})
    source = write_source(tmp_path, simulator, request_timeout=1, retries=0)
    assert "not answered within 1 s (request_timeout)" in failure(source)


@pytest.mark.parametrize("page", ["0", "3", "4"])
def test_a_page_that_fails_for_ever(simulator: Simulator, tmp_path: Path, page: str) -> None:
    simulator.reset(instances=250)
    simulator.settings(max_page_size=50)
    simulator.fault(path=LIST, query={"page": page}, count=0, fault={"status": 500})
    text = failure(write_source(tmp_path, simulator, retries=1))
    assert "GET /compute/instances answered 500 (server error)" in text


def test_a_count_that_is_never_met(simulator: Simulator, tmp_path: Path) -> None:
    simulator.settings(count_offset=1)
    text = failure(write_source(tmp_path, simulator))
    assert "the server counts 41 entries and shows 40" in text


def test_a_failed_expression_takes_all_hosts_back(simulator: Simulator, tmp_path: Path) -> None:
    """With strict, the last host's failure leaves none of those before it, nor groups."""
    simulator.add(name="LAST", region=None)
    static = tmp_path / "static.yml"
    static.write_text("all: {hosts: {other: {}}, children: {environment_PRODUCTION: {}}}\n")
    source = write_source(
        tmp_path,
        simulator,
        strict=True,
        group_by=["environment"],
        keyed_groups=[{"key": "region.id", "prefix": "region"}],
    )
    done = ansible_inventory(
        source, "-i", static, "--graph", ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED="false"
    )
    assert "Could not generate group for host LAST from region.id entry" in said(done)
    assert done.stdout.split() == [
        "@all:",
        "|--@ungrouped:",
        "|",
        "|--other",
        "|--@environment_PRODUCTION:",
    ]


@pytest.mark.parametrize("content", ["- plugin: cegedim.cloud.itcare\n", "just a text\n"])
def test_a_file_that_is_no_dictionary(tmp_path: Path, content: str) -> None:
    source = tmp_path / "list.itcare.yml"
    source.write_text(content)
    done = ansible_inventory(source, ANSIBLE_INVENTORY_ENABLED="cegedim.cloud.itcare")
    assert done.returncode != 0
    assert "list.itcare.yml holds a list or a text where options and their values" in said(done)
