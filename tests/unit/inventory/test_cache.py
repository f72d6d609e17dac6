# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From end to end: the cache: no request at all when it is warm, and never what was asked with other options or in another form."""

from __future__ import annotations

import base64
import json
import os
import re
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.cegedim.cloud.plugins.module_utils.api.connection_options import (
    ConnectionOptions,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.selection.selection import (
    Selection,
)
from ansible_collections.cegedim.cloud.plugins.plugin_utils.inventory.fleet import (
    Fleet,
    FleetQuery,
    origin,
)
from support.inventory import ansible_inventory, hosts_of, listed, run_ansible, said, write_source
from support.simulator import Simulator


def cached_source(folder: Path, simulator: Simulator, **options: Any) -> Path:
    cache = {
        "cache": True,
        "cache_plugin": "ansible.builtin.jsonfile",
        "cache_connection": str(folder / "cache"),
        "cache_timeout": 3600,
    }
    return write_source(folder, simulator, **{**cache, **options})


def asked(simulator: Simulator) -> int:
    """Requests since the last time, tokens included."""
    count = len(simulator.requests())
    simulator.clear_requests()
    return count


def stored(folder: Path) -> list[Path]:
    return sorted((folder / "cache").iterdir())


def test_warm_without_a_request(simulator: Simulator, tmp_path: Path) -> None:
    options = {"group_by": ["environment"], "tag_groups": ["app:web"], "include": ["network"]}
    simulator.reset(instances=5)
    source = cached_source(tmp_path, simulator, **options)
    cold = listed(source)
    assert asked(simulator) == 1 + 1 + 1 + 5  # token, list, tag, networks
    assert listed(source) == cold
    assert asked(simulator) == 0


def test_hostile_data_is_inert_from_the_cache_too(simulator: Simulator, tmp_path: Path) -> None:
    simulator.add(name="EVIL", comment="{{ lookup('pipe', 'touch executed') }}")
    source = cached_source(tmp_path, simulator)
    assert listed(source) == listed(source)
    debug = ["-m", "debug", "-a", "msg={{ itcare_comment }}"]
    done = run_ansible("ansible", tmp_path, "EVIL", "-i", source, *debug)
    assert "lookup('pipe'" in done.stdout
    assert not list(tmp_path.glob("**/executed"))


def test_flush_and_expiry(simulator: Simulator, tmp_path: Path) -> None:
    source = cached_source(tmp_path, simulator)
    listed(source)
    asked(simulator)
    simulator.add(name="NEW")
    assert "NEW" not in hosts_of(listed(source))
    play = tmp_path / "play.yml"
    play.write_text('[{"hosts": "NEW"}]')
    flush = ("-i", source, "--flush-cache", "--list-hosts", play)
    assert "hosts (1): NEW" in said(run_ansible("ansible-playbook", tmp_path, *flush))
    assert asked(simulator) == 2
    assert "NEW" in hosts_of(listed(source))
    assert asked(simulator) == 0
    simulator.add(name="NEWER")
    for file in stored(tmp_path):  # as old as an hour and a second
        os.utime(file, (file.stat().st_mtime - 3601,) * 2)
    assert "NEWER" in hosts_of(listed(source))
    assert asked(simulator) == 2
    assert "NEWER" in hosts_of(listed(source))
    assert asked(simulator) == 0


def test_refresh_inventory_fetches_and_stores(simulator: Simulator, tmp_path: Path) -> None:
    source = cached_source(tmp_path, simulator)
    listed(source)
    simulator.add(name="NEW")
    asked(simulator)
    play = tmp_path / "play.yml"
    tasks = [{"meta": "refresh_inventory"}, {"debug": {"msg": "{{ 'NEW' in groups['all'] }}"}}]
    play.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]))
    done = run_ansible("ansible-playbook", tmp_path, "-i", source, play)
    assert '"msg": true' in done.stdout, done.stdout + done.stderr
    assert asked(simulator) == 2
    assert "NEW" in hosts_of(listed(source))
    assert asked(simulator) == 0


@pytest.mark.parametrize("content", ["", "not json", "[]", '{"schema": 0}', '{"payload": {}}'])
def test_a_corrupt_file_is_replaced(simulator: Simulator, tmp_path: Path, content: str) -> None:
    source = cached_source(tmp_path, simulator)
    listed(source)
    asked(simulator)
    for file in stored(tmp_path):
        file.write_text(content)
    done = ansible_inventory(source)
    assert done.returncode == 0, done.stderr
    assert len(hosts_of(json.loads(done.stdout))) == 40
    assert asked(simulator) == 2
    listed(source)
    assert asked(simulator) == 0


@pytest.mark.parametrize(
    "harm", [lambda text: text[:-9], lambda text: "AAAA" + text[4:], lambda text: ""]
)
def test_what_looks_right_but_is_not(
    simulator: Simulator, tmp_path: Path, harm: Callable[[str], str]
) -> None:
    source = cached_source(tmp_path, simulator)
    listed(source)
    asked(simulator)
    (file,) = stored(tmp_path)
    whole = re.findall(r"[A-Za-z0-9+/=]{100,}", file.read_text())[0]
    file.write_text(file.read_text().replace(whole, harm(whole)))
    assert "can't be used, the API is asked again" in said(ansible_inventory(source))
    assert asked(simulator) == 2


def test_another_option_asks_again(simulator: Simulator, tmp_path: Path) -> None:
    listed(cached_source(tmp_path, simulator))
    asked(simulator)
    filters = {"environments": ["PRODUCTION"]}
    produced = hosts_of(listed(cached_source(tmp_path, simulator, filters=filters)))
    assert {v["itcare_environment"] for v in produced.values()} == {"PRODUCTION"}
    assert asked(simulator) == 2
    # What only concerns what is made of the answer asks nobody.
    again = cached_source(tmp_path, simulator, filters=filters, group_by=["status"], page_size=7)
    assert listed(again)["status_ACTIVE"]["hosts"]
    assert asked(simulator) == 0


FOREIGN_PLUGIN = '''
DOCUMENTATION = """
name: foreign
short_description: A cache plugin that isn't Ansible's
description: Stores pickled files.
options:
  _uri: {description: Folder., type: path, required: true}
  _prefix: {description: Prefix., type: string}
  _timeout: {description: Seconds., type: float, default: 3600}
"""
import pickle
from ansible.plugins.cache import BaseFileCacheModule

class CacheModule(BaseFileCacheModule):
    PERSISTENCE

    def _load(self, filepath):
        with open(filepath, "rb") as file:
            return pickle.load(file)

    def _dump(self, value, filepath):
        with open(filepath, "wb") as file:
            pickle.dump(value, file)
'''


@pytest.mark.parametrize("persistence", ["_persistent = False", "_persistent = True"])
def test_a_plugin_that_is_not_ansibles(
    simulator: Simulator, tmp_path: Path, persistence: str
) -> None:
    """Since 2.19 plugins say whether Ansible may wrap what they store, and it treats them differently."""
    (tmp_path / "foreign.py").write_text(FOREIGN_PLUGIN.replace("PERSISTENCE", persistence))
    source = cached_source(tmp_path, simulator, cache_plugin="foreign")
    env = {"ANSIBLE_CACHE_PLUGINS": str(tmp_path)}
    cold = listed(source, **env)
    assert asked(simulator) == 2
    assert listed(source, **env) == cold
    assert asked(simulator) == 0
    (file,) = stored(tmp_path)
    os.utime(file, (file.stat().st_mtime - 3601,) * 2)
    listed(source, **env)
    assert asked(simulator) == 2


def test_nothing_is_stored_when_the_source_fails(simulator: Simulator, tmp_path: Path) -> None:
    simulator.add(name="LAST", region=None)
    strict = {"strict": True, "compose": {"x": "region.id"}}
    assert ansible_inventory(cached_source(tmp_path, simulator, **strict)).returncode != 0
    assert not (tmp_path / "cache").exists() or not stored(tmp_path)


def key(selection: dict[str, Any] | None = None, **other: Any) -> str:
    tags, include = other.pop("tag_groups", ()), other.pop("include", ())
    connection = {"api_url": "https://a.example/itcare", "client_id": "a", "client_secret": "s"}
    query = FleetQuery(Selection.from_options(selection or {}), tags, include)
    return query.cache_key(ConnectionOptions.from_mapping({**connection, **other}))


def test_the_key_is_made_of_all_that_matters() -> None:
    keys = [
        key(),
        key({"names": ["A"]}),
        key({"names": ["B"]}),
        key({"names": []}),
        key({"ids": [1]}),
        key({"filters": {"tags": ["a:b"]}}),
        key({"filters": {"monitored": True}}),
        key({"filters": {"monitored": False}}),
        key(tag_groups=("a:b",)),
        key(include=("storage",)),
        key(api_url="https://b.example/itcare"),
        key(client_id="b"),
        key(token_url="https://b.example/token"),
        key(access_token="t1"),
        key(access_token="t2"),
    ]
    assert len(set(keys)) == len(keys)
    assert key() == key(client_secret="other", retries=1, request_timeout=5)
    assert key() == key(api_url="https://a.example/itcare/")


def jwt(**claims: Any) -> str:
    """A token that says this of itself; a new one each time."""
    body = json.dumps({**claims, "jti": os.urandom(4).hex()}).encode()
    parts = [b'{"alg":"none"}', body, os.urandom(8)]
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)


WHO = {"iss": "https://a.example", "azp": "me", "sub": "s1"}


def test_another_token_of_the_same_account_is_the_same_key() -> None:
    assert key(access_token=jwt(**WHO)) == key(access_token=jwt(**WHO))
    same = {"iss": WHO["iss"], "client_id": WHO["azp"], "sub": WHO["sub"]}
    assert key(access_token=jwt(**same)) == key(access_token=jwt(**WHO))
    others = [{**WHO, claim: "other"} for claim in WHO]
    keys = [key(access_token=jwt(**claims)) for claims in (WHO, *others)]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize(
    "claims", [{}, {"sub": "s1"}, {**WHO, "sub": None}, {**WHO, "azp": ""}, {**WHO, "iss": [1]}]
)
def test_a_token_that_does_not_tell_whose_it_is(claims: dict[str, Any]) -> None:
    assert key(access_token=jwt(**claims)) != key(access_token=jwt(**claims))


@pytest.mark.parametrize("token", ["a.b.c", "a.W10.c", "a.é.c".encode().hex(), "..", "a.eyJ.c"])
def test_a_token_that_is_no_jwt(token: str) -> None:
    assert key(access_token=token) != key(access_token=token + "x")


def test_a_renewed_token_finds_the_cache_warm(simulator: Simulator, tmp_path: Path) -> None:
    """Nobody is asked, so any token of the account will do."""
    pair = {"client_id": None, "client_secret": None}
    listed(cached_source(tmp_path, simulator))
    (file,) = stored(tmp_path)
    connection = {"api_url": simulator.api_url, "access_token": jwt(**WHO)}
    query = FleetQuery(Selection.from_options({}))
    name = query.cache_key(ConnectionOptions.from_mapping(connection))
    file.rename(file.with_name(re.sub("cegedim_cloud_itcare_.*", name, file.name)))
    asked(simulator)
    source = cached_source(tmp_path, simulator, **pair, access_token=jwt(**WHO))
    assert len(hosts_of(listed(source))) == 40
    assert asked(simulator) == 0


@pytest.mark.parametrize("plugin", ["jsonfile", "ansible.builtin.jsonfile"])
def test_a_plugin_that_is_not_told_where(simulator: Simulator, tmp_path: Path, plugin: str) -> None:
    source = write_source(tmp_path, simulator, cache=True, cache_plugin=plugin)
    done = ansible_inventory(source)
    assert done.returncode != 0
    assert f"cache_plugin {plugin} needs cache_connection" in said(done)
    assert not simulator.requests()


def test_whose_ids_these_are() -> None:
    def of(**options: Any) -> Any:
        connection = {"api_url": "https://a.example/itcare", "client_id": "a", "client_secret": "s"}
        return origin(ConnectionOptions.from_mapping({**connection, **options}))

    assert of() == of(api_url="https://a.example/itcare/", client_secret="other", retries=1)
    tokens = {"client_id": None, "client_secret": None}
    others = [
        of(api_url="https://b.example/itcare"),
        of(client_id="b"),
        of(token_url="https://b.example/token"),
        of(access_token="token-1", **tokens),
        of(access_token="token-2", **tokens),
    ]
    assert len({of(), *others}) == 6
    assert "token-1" not in str(others)


def test_what_is_cached_comes_back() -> None:
    """Instances and tags, and nothing of the connection."""
    fleet = Fleet([{"id": 1, "name": "é", "x": None}], {"a:b": frozenset({1, 2})})
    through_a_file = json.loads(json.dumps(fleet.to_cache()))
    assert Fleet.from_cache(through_a_file) == fleet
    content = zlib.decompress(base64.b64decode(through_a_file["data"]))
    assert set(json.loads(content)) == {"instances", "tagged"}
    with pytest.raises(ValueError, match="another form"):
        Fleet.from_cache({**fleet.to_cache(), "schema": 0})
