# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From end to end: one inventory of several accounts, each at a simulator of its own: together, or not at all."""

from __future__ import annotations

import contextlib
import json
import os
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from ansible.release import __version__ as CORE
from ansible_collections.cegedim.cloud.plugins.inventory import itcare
from ansible_collections.cegedim.cloud.plugins.module_utils.api.client import Client
from ansible_collections.cegedim.cloud.plugins.module_utils.api.connection_options import (
    ConnectionOptions,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.selection.selection import (
    Selection,
)
from ansible_collections.cegedim.cloud.plugins.plugin_utils.inventory.accounts import Account
from ansible_collections.cegedim.cloud.plugins.plugin_utils.inventory.collect import fetch_fleets
from ansible_collections.cegedim.cloud.plugins.plugin_utils.inventory.fleet import (
    FleetQuery,
    origin,
)
from support.inventory import ansible_inventory, hosts_of, listed, run_ansible, said, write_source
from support.simulator import Simulator

NAMES = ("web", "labo", "bank", "shop", "lab")
LIST = "/compute/instances$"


@pytest.fixture(scope="module")
def first() -> Iterator[Callable[[int], dict[str, Simulator]]]:
    """The first simulators by their accounts' names, without instances and with an empty request log. They start when they
    are needed."""
    running: dict[str, Simulator] = {}

    def started(count: int) -> dict[str, Simulator]:
        for name in NAMES[:count]:
            if name not in running:
                client = f"{name}-account:{name}-secret:pow"
                running[name] = Simulator(instances=0, seed=1, client=client)
            running[name].reset()
        return {name: running[name] for name in NAMES[:count]}

    yield started
    for simulator in running.values():
        simulator.stop()


@pytest.fixture
def simulators(first: Callable[[int], dict[str, Simulator]]) -> dict[str, Simulator]:
    return first(len(NAMES))


@pytest.fixture
def two(first: Callable[[int], dict[str, Simulator]]) -> dict[str, Simulator]:
    """Each has a server WEB1, and one of its own name."""
    chosen = first(2)
    for number, (name, simulator) in enumerate(chosen.items()):
        simulator.add(id=20 - number, name="WEB1", environment="TEST", tags=["app:web"])
        simulator.add(id=30, name=name.upper(), environment="PRODUCTION", tags=[])
    return chosen


def entry(account: str, simulator: Simulator, **options: Any) -> dict[str, Any]:
    return {
        "name": account,
        "api_url": simulator.api_url,
        "token_url": simulator.token_url,
        "client_id": f"{account}-account",
        "client_secret": f"{account}-secret",
        "token_cache": False,  # requests are counted
        **options,
    }


def source(
    folder: Path,
    simulators: dict[str, Simulator],
    each: dict[str, dict[str, Any]] | None = None,
    file: str = "test.itcare.yml",
    **options: Any,
) -> Path:
    """A file with an entry for each. `each`: what is in an entry besides, by its name."""
    entries = [entry(name, one, **(each or {}).get(name, {})) for name, one in simulators.items()]
    return write_source(folder, name=file, accounts=entries, **options)


def cached(folder: Path) -> dict[str, Any]:
    return {
        "cache": True,
        "cache_plugin": "ansible.builtin.jsonfile",
        "cache_connection": str(folder / "cache"),
        "cache_timeout": 3600,
    }


def stored(folder: Path) -> list[Path]:
    return sorted((folder / "cache").iterdir()) if (folder / "cache").exists() else []


def asked(simulators: dict[str, Simulator]) -> list[int]:
    """Requests to each since the last time, tokens included."""
    counts = [len(simulator.requests()) for simulator in simulators.values()]
    for simulator in simulators.values():
        simulator.clear_requests()
    return counts


def test_five_accounts(simulators: dict[str, Simulator], tmp_path: Path) -> None:
    for name, simulator in simulators.items():
        simulator.settings(max_page_size=2)
        for number in range(5):
            simulator.add(name=f"{name.upper()}{number}", tags=["app:web"] * (number == 0))
    path = source(tmp_path, simulators, group_by=["account"], tag_groups=["app:web"])
    done = ansible_inventory(path, "--list")
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    assert "__ansible_unsafe" not in done.stdout
    inventory = json.loads(done.stdout)
    assert len(hosts_of(inventory)) == 25
    for name in NAMES:
        own = [f"{name.upper()}{number}" for number in range(5)]
        assert inventory[f"account_{name}"]["hosts"] == own
        assert {hosts_of(inventory)[host]["itcare_account"] for host in own} == {name}
    assert inventory["tag_app_web"]["hosts"] == [f"{name.upper()}0" for name in NAMES]
    for name, simulator in simulators.items():
        assert {entry["client_id"] for entry in simulator.requests()} == {f"{name}-account"}
        assert sum("grant_type" in e and bool(e["grant_type"]) for e in simulator.requests()) == 1


def test_no_secret_is_shown_or_stored(two: dict[str, Simulator], tmp_path: Path) -> None:
    each = {"labo": {"client_secret": "{{ lookup('ansible.builtin.env', 'LABO') }}"}}
    options: dict[str, Any] = {"on_duplicate": "unique", "fields": ["name", "api_url"]}
    path = source(tmp_path, two, each, **options, **cached(tmp_path))
    for flags in (["--list", "-vvvv"], ["--graph", "--vars", "-vvvv"]):  # cold, then warm
        done = ansible_inventory(path, *flags, LABO="labo-secret")
        assert done.returncode == 0, done.stderr
        for name, simulator in two.items():
            assert f"{name}-secret" not in done.stdout + done.stderr
            assert simulator.api_url.split("/")[2] in done.stdout
            assert simulator.api_url not in done.stdout
    text = "".join(file.read_text() for file in stored(tmp_path))
    assert text
    assert "secret" not in text


def test_whoever_masks_is_told_the_secrets_of_each(
    two: dict[str, Simulator], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ansible, since 2.22; and ITCare is told who asks."""
    told: list[str] = []
    monkeypatch.setattr(itcare, "register_secret", told.append)
    for name, simulator in two.items():
        connection = ConnectionOptions.from_mapping(entry(name, simulator))
        client = itcare.InventoryModule()._client(connection, contextlib.nullcontext())
        client.get("/compute/instances")
        assert f" (ansible-core/{CORE})" in str(client._session.headers["User-Agent"])
        client.close()
        assert f"{name}-secret" in told
        assert client._tokens.current() in told


# -- one that fails --

FAILURES: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "right": ({"status": 403}, {}, "Account labo: GET /compute/instances answered 403"),
    "server": (
        {"status": 500},
        {"retries": 0},
        "Account labo: GET /compute/instances answered 500 (server error)",
    ),
    "secret": ({}, {"client_secret": "wrong-one"}, "Account labo: "),
    "address": (
        {},
        {"api_url": "http://127.0.0.1:1/itcare", "retries": 0},
        "Account labo: No connection",
    ),
}


@pytest.mark.parametrize("kind", FAILURES)
def test_one_that_fails_fails_all(two: dict[str, Simulator], tmp_path: Path, kind: str) -> None:
    """No host, no entry in the cache, and its name in the message."""
    fault, options, sentence = FAILURES[kind]
    if fault:
        two["labo"].fault(path=LIST, count=0, fault=fault)
    path = source(tmp_path, two, {"labo": options}, on_duplicate="unique", **cached(tmp_path))
    static = tmp_path / "static.yml"
    static.write_text("all: {hosts: {other: {}}}\n")
    lenient = {"ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "false"}
    done = ansible_inventory(path, "-i", static, "--graph", **lenient)
    assert sentence in said(done)
    assert "Account web" not in said(done)
    assert "wrong-one" not in said(done)
    assert done.stdout.split() == ["@all:", "|--@ungrouped:", "|", "|--other"]
    assert not stored(tmp_path)


def test_all_that_fail_are_named(simulators: dict[str, Simulator], tmp_path: Path) -> None:
    simulators["web"].add(name="WEB")
    for name in ("labo", "bank"):
        simulators[name].fault(path=LIST, count=0, fault={"status": 403})
    selections = [{"names": ["A"]}, {"names": ["B"]}]
    done = ansible_inventory(source(tmp_path, simulators, selections=selections))
    assert done.returncode != 0
    assert [name for name in NAMES if f"Account {name}:" in said(done)] == ["labo", "bank"]
    # Once, whatever both of its selections have met.
    assert re.search("Account labo: GET (?:(?!Account).)*Account bank: GET", said(done))


def test_a_failure_leaves_the_cache_as_it_was(two: dict[str, Simulator], tmp_path: Path) -> None:
    path = source(tmp_path, two, on_duplicate="unique", **cached(tmp_path))
    before = listed(path)
    kept = {file: (file.read_bytes(), file.stat().st_mtime_ns) for file in stored(tmp_path)}
    assert len(kept) == 2
    two["web"].add(name="NEW")
    two["labo"].fault(path=LIST, count=0, fault={"status": 403})
    play = tmp_path / "play.yml"
    play.write_text('[{"hosts": "localhost", "tasks": [{"meta": "refresh_inventory"}]}]')
    done = run_ansible("ansible-playbook", tmp_path, "-i", path, play)
    assert "Account labo: GET /compute/instances answered 403" in said(done)
    now = {file: (file.read_bytes(), file.stat().st_mtime_ns) for file in stored(tmp_path)}
    assert now == kept
    asked(two)
    assert listed(path) == before
    assert asked(two) == [0, 0]


def test_wrong_entries_are_found_before_the_first_request(
    two: dict[str, Simulator], tmp_path: Path
) -> None:
    wrong: dict[str, dict[str, Any]] = {
        "Account labo: request_timeout must be more than 0": {"request_timeout": 0},
        "Account labo: selections[0]: filters has no filter": {
            "selections": [{"filters": {"a": 1}}]
        },
        "Account labo: There are keys that aren't options: urls": {"urls": []},
        "Account labo: Both access_token and client_id": {"access_token": "t"},
        "accounts[1]: There is another account of the name web": {"name": "web"},
    }
    first, *others = [
        source(tmp_path, two, {"labo": options}, file=f"{number}.itcare.yml")
        for number, options in enumerate(wrong.values())
    ]
    more = [argument for other in others for argument in ("-i", other)]
    lenient = {"ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "false"}
    done = ansible_inventory(first, *more, "--list", **lenient)
    assert not [sentence for sentence in wrong if sentence not in said(done)]
    assert asked(two) == [0, 0]


def test_warnings_name_the_account(two: dict[str, Simulator], tmp_path: Path) -> None:
    selections = [{"filters": {"statuses": ["ACTIV"]}}, {"ids": [30, 99]}]
    each = {"labo": {"selections": selections}}
    done = ansible_inventory(source(tmp_path, two, each, on_duplicate="unique"))
    assert done.returncode == 0, done.stderr
    assert "Account labo: filters.statuses: 'ACTIV' isn't a value that is known" in said(done)
    assert "Account labo: No instance was found for these ids: 99." in said(done)
    assert "Account web" not in said(done)


# -- duplicates --


def test_duplicates_between_accounts(two: dict[str, Simulator], tmp_path: Path) -> None:
    done = ansible_inventory(source(tmp_path, two))
    assert done.returncode != 0
    assert "'WEB1' (ids 20 of web, 19 of labo)" in said(done)
    done = ansible_inventory(source(tmp_path, two, on_duplicate="warn"))
    assert "only the lowest id is kept" in said(done)
    hosts = hosts_of(json.loads(done.stdout))
    assert {name: v["itcare_account"] for name, v in hosts.items()} == {
        "WEB": "web",
        "WEB1": "labo",
        "LABO": "labo",
    }
    hosts = hosts_of(listed(source(tmp_path, two, on_duplicate="unique")))
    assert sorted(hosts) == ["LABO", "WEB", "WEB1_labo_19", "WEB1_web_20"]


def test_a_server_that_two_accounts_see(simulator: Simulator, tmp_path: Path) -> None:
    """It is found twice: on_duplicate says what is to become of it."""
    simulator.reset(instances=0)
    instance = simulator.add(name="SEEN")
    pair = {key: simulator.options()[key] for key in ("client_id", "client_secret")}
    entries = [{"name": "one", **pair}, {"name": "other", "access_token": token(simulator)}]
    path = write_source(
        tmp_path,
        simulator,
        client_id=None,
        client_secret=None,
        accounts=entries,
        on_duplicate="warn",
    )
    (host,) = hosts_of(json.loads(ansible_inventory(path).stdout)).values()
    assert (host["itcare_id"], host["itcare_account"]) == (instance["id"], "one")


def token(simulator: Simulator) -> str:
    client = Client(ConnectionOptions.from_mapping(simulator.options()))
    try:
        return client._tokens.current()
    finally:
        client.close()


# -- the cache --


def test_only_what_has_changed_is_asked(two: dict[str, Simulator], tmp_path: Path) -> None:
    """And what was warm stays as old as it was."""
    options: dict[str, Any] = {"on_duplicate": "unique", **cached(tmp_path)}
    cold = listed(source(tmp_path, two, **options))
    assert asked(two) == [2, 2]
    assert listed(source(tmp_path, two, **options)) == cold
    assert asked(two) == [0, 0]
    for file in stored(tmp_path):
        os.utime(file, (file.stat().st_mtime - 1800,) * 2)
    old = {file: file.stat().st_mtime_ns for file in stored(tmp_path)}
    web: dict[str, Any] = {"filters": {"environments": ["PRODUCTION"]}}
    changed = source(tmp_path, two, {"web": {"selections": [{"names": ["WEB1"]}, web]}}, **options)
    assert listed(changed) == cold  # the same hosts, otherwise selected
    assert asked(two) == [3, 0]
    assert {file: file.stat().st_mtime_ns for file in old} == old
    assert len(stored(tmp_path)) == 4
    # One of two selections of the account.
    fewer = source(tmp_path, two, {"web": {"selections": [{"names": ["WEB"]}, web]}}, **options)
    assert "WEB1" in hosts_of(listed(fewer))
    assert asked(two) == [2, 0]


def test_a_cache_of_before_stays_warm(two: dict[str, Simulator], tmp_path: Path) -> None:
    """A file for one account, with one selection, which is then made an entry."""
    selection: dict[str, Any] = {"filters": {"environments": ["TEST"]}}
    alone = entry("web", two["web"])
    del alone["name"]
    listed(write_source(tmp_path, **alone, **selection, **cached(tmp_path)))
    asked(two)
    both = source(tmp_path, two, selections=[selection], on_duplicate="warn", **cached(tmp_path))
    assert listed(both)
    assert asked(two) == [0, 2]
    listed(write_source(tmp_path, **alone, selections=[selection], **cached(tmp_path)))
    assert asked(two) == [0, 0]


def test_expired_or_refreshed_it_is_asked_again(two: dict[str, Simulator], tmp_path: Path) -> None:
    path = source(tmp_path, two, on_duplicate="unique", **cached(tmp_path))
    listed(path)
    asked(two)
    two["labo"].add(name="NEW")
    file, _other = stored(tmp_path)
    os.utime(file, (file.stat().st_mtime - 3601,) * 2)
    listed(path)
    assert sorted(asked(two)) == [0, 2]
    play = tmp_path / "play.yml"
    play.write_text('[{"hosts": "NEW"}]')
    flush = ("-i", path, "--flush-cache", "--list-hosts", play)
    assert "hosts (1): NEW" in said(run_ansible("ansible-playbook", tmp_path, *flush))
    assert asked(two) == [2, 2]
    listed(path)
    assert asked(two) == [0, 0]


# -- side by side --


class Counted:
    """A semaphore that knows how many were inside at the same time."""

    def __init__(self, slots: AbstractContextManager[Any]) -> None:
        self.slots = slots
        self.lock = threading.Lock()
        self.inside = self.most = self.all = 0

    def __enter__(self) -> None:
        self.slots.__enter__()
        with self.lock:
            self.all += 1
            self.inside += 1
            self.most = max(self.most, self.inside)

    def __exit__(self, *what: Any) -> None:
        with self.lock:
            self.inside -= 1
        self.slots.__exit__(*what)


@pytest.mark.parametrize("workers", [1, 3])
def test_never_more_requests_at_a_time_than_workers(
    simulators: dict[str, Simulator], workers: int
) -> None:
    """Whoever has most instances gets most of them."""
    counted: list[Counted] = []

    def client(connection: ConnectionOptions, slots: AbstractContextManager[Any]) -> Client:
        counted[:] = counted or [Counted(slots)]  # one for all
        assert counted[0].slots is slots
        return Client(connection, read_only=True, slots=counted[0])

    questions = []
    for name, simulator in simulators.items():
        simulator.reset(instances=10 if name == "web" else 1)
        simulator.settings(max_page_size=1, latency=0.002)
        connection = ConnectionOptions.from_mapping(entry(name, simulator))
        for selection in ({}, {"filters": {"types": ["LINUX"]}}):
            query = FleetQuery(Selection.from_options(selection))
            account = Account(connection, origin(connection), {"": query}, name)
            questions.append((account, query))
    texts: list[str] = []
    fleets = fetch_fleets(
        questions, client, page_size=1, workers=workers, warn=texts.append, remark=texts.append
    )
    assert [len(fleet.instances) for fleet in fleets[::2]] == [10, 1, 1, 1, 1]
    assert not texts
    assert counted[0].most <= workers
    assert counted[0].all == sum(asked(simulators))
