# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From end to end: several selections of one account: what any of them selects is a host, once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from support.inventory import ansible_inventory, hosts_of, listed, said, write_source
from support.simulator import Simulator


def fleet(simulator: Simulator) -> None:
    simulator.reset(instances=0)
    for number, (name, environment, tag) in enumerate(
        [
            ("WEB1", "PRODUCTION", "app:web"),
            ("WEB2", "TEST", "app:web"),
            ("DB1", "PRODUCTION", "app:db"),
            ("DB2", "TEST", "app:db"),
            ("MAIL", "TEST", "app:mail"),
        ]
    ):
        simulator.add(id=number + 1, name=name, environment=environment, tags=[tag])


SELECTIONS: list[dict[str, Any]] = [
    {"filters": {"environments": ["PRODUCTION"], "tags": ["app:web"]}},
    {"filters": {"tags": ["app:db"]}},
]


def test_production_web_or_all_databases(simulator: Simulator, tmp_path: Path) -> None:
    fleet(simulator)
    options: dict[str, Any] = {"tag_groups": ["app:web", "app:db"], "include": ["network"]}
    source = write_source(tmp_path, simulator, selections=SELECTIONS, **options)
    done = ansible_inventory(source)
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    inventory = json.loads(done.stdout)
    assert sorted(hosts_of(inventory)) == ["DB1", "DB2", "WEB1"]
    assert inventory["tag_app_web"]["hosts"] == ["WEB1"]
    assert sorted(inventory["tag_app_db"]["hosts"]) == ["DB1", "DB2"]
    assert sum("grant_type" in e and bool(e["grant_type"]) for e in simulator.requests()) == 1
    assert "itcare_account" not in done.stdout


def test_what_two_select_is_there_once(simulator: Simulator, tmp_path: Path) -> None:
    """Without a word, also where one of them doesn't find what another one has."""
    fleet(simulator)
    selections = [
        *SELECTIONS,
        {"ids": [1, 3], "filters": {"environments": ["PRODUCTION"]}},
        {"ids": [4], "filters": {"environments": ["PRODUCTION"]}},
        {"exclude_names": ["MAIL", "WEB2"]},
    ]
    done = ansible_inventory(write_source(tmp_path, simulator, selections=selections))
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    assert sorted(hosts_of(json.loads(done.stdout))) == ["DB1", "DB2", "WEB1"]


def test_what_none_of_them_finds(simulator: Simulator, tmp_path: Path) -> None:
    fleet(simulator)
    selections: list[dict[str, Any]] = [{"ids": [1, 98]}, {"ids": [2, 99], "names": ["WEB2", "NO"]}]
    done = ansible_inventory(write_source(tmp_path, simulator, selections=selections))
    assert "No instance was found for these names: NO." in said(done)
    assert "No instance was found for these ids: 98, 99." in said(done)
    nothing = write_source(tmp_path, simulator, selections=[{"names": ["NO"]}, {"ids": [99]}])
    done = ansible_inventory(nothing)
    assert done.returncode != 0
    assert "In force: (names: NO) or (ids: 99)." in said(done)


def test_a_template_for_all_of_them(simulator: Simulator, tmp_path: Path) -> None:
    fleet(simulator)
    source = write_source(tmp_path, simulator, selections="{{ wanted }}")
    extra = json.dumps({"wanted": [{"names": ["MAIL"]}, {"ids": [1]}]})
    assert sorted(hosts_of(listed(source, "-e", extra))) == ["MAIL", "WEB1"]


def test_one_that_cannot_be_read(simulator: Simulator, tmp_path: Path) -> None:
    fleet(simulator)
    simulator.fault(
        path="/compute/instances$", query={"tags": "app:db"}, count=0, fault={"status": 403}
    )
    done = ansible_inventory(write_source(tmp_path, simulator, selections=SELECTIONS))
    assert done.returncode != 0
    assert "hostvars" not in done.stdout
    assert "GET /compute/instances answered 403" in said(done)
