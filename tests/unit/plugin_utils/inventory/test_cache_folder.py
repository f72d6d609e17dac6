# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The folder of an inventory's cache: made for its user only, and a warning where others can read it."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible.plugins.cache import jsonfile, memory
from ansible_collections.cegedim.cloud.plugins.plugin_utils.inventory.cache_folder import (
    keep_to_oneself,
)
from support.inventory import ansible_inventory, hosts_of, said, write_source
from support.simulator import Simulator

MADE_OPEN = "is open to others (mode 0755): host variables tell much about a fleet"


def mode(folder: Path) -> int:
    return stat.S_IMODE(folder.stat().st_mode)


@pytest.fixture(autouse=True)
def usual_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def test_ours_to_make(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b" / "cache"
    assert keep_to_oneself(jsonfile.CacheModule, f"{folder}/") is None
    assert mode(folder) == 0o700
    assert mode(folder.parent) == 0o755  # others' folders are none of our business


def test_ansible_would_make_it_open(tmp_path: Path) -> None:
    """Or else there would be no need for any of this."""
    folder = tmp_path / "cache"
    plugin = jsonfile.CacheModule.__new__(jsonfile.CacheModule)
    plugin._cache_dir, plugin.plugin_name = str(folder), "jsonfile"
    plugin.validate_cache_connection()
    assert mode(folder) == 0o755


@pytest.mark.parametrize(
    ("permissions", "warned"),
    [(0o700, False), (0o755, True), (0o750, True), (0o711, True), (0o770, True), (0o704, True)],
)
def test_one_that_is_there(tmp_path: Path, permissions: int, warned: bool) -> None:
    folder = tmp_path / "cache"
    folder.mkdir()
    folder.chmod(permissions)
    text = keep_to_oneself(jsonfile.CacheModule, str(folder))
    assert mode(folder) == permissions  # it may be so on purpose
    assert (text is not None) is warned
    if text:
        assert f"{folder} is open to others (mode {permissions:04o}): host variables" in text
        assert text.endswith(f"Mend it: chmod 700 '{folder}'.")


def test_one_that_all_users_share(tmp_path: Path) -> None:
    """As /tmp, which root must not close."""
    folder = tmp_path / "cache"
    folder.mkdir()
    folder.chmod(0o1777)
    text = keep_to_oneself(jsonfile.CacheModule, str(folder))
    assert text is not None
    assert "is open to others (mode 1777): " in text
    assert text.endswith("Mend it: set cache_connection to a folder of your own.")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives a folder away")
@pytest.mark.parametrize("permissions", [0o700, 0o755])
def test_one_of_another_user(tmp_path: Path, permissions: int) -> None:
    folder = tmp_path / "cache"
    folder.mkdir()
    folder.chmod(permissions)
    os.chown(folder, 12345, -1)
    text = keep_to_oneself(jsonfile.CacheModule, str(folder))
    assert text is not None
    assert "belongs to another user (id 12345)" in text
    assert text.endswith("Mend it: set cache_connection to a folder of your own.")


@pytest.mark.parametrize("kind", [memory.CacheModule, None])
def test_what_stores_no_files(tmp_path: Path, kind: object) -> None:
    assert keep_to_oneself(kind, str(tmp_path / "cache")) is None
    assert not (tmp_path / "cache").exists()


def test_one_that_cannot_be_made(tmp_path: Path) -> None:
    """Ansible says so."""
    (tmp_path / "file").write_text("")
    assert keep_to_oneself(jsonfile.CacheModule, str(tmp_path / "file" / "cache")) is None
    assert keep_to_oneself(jsonfile.CacheModule, None) is None


@pytest.mark.parametrize(
    ("way", "plugin"),
    [
        ("option", "jsonfile"),
        ("environment", "ansible.builtin.jsonfile"),
        ("home", "ansible.builtin.jsonfile"),
        ("variable", "jsonfile"),
    ],
)
def test_in_an_inventory(simulator: Simulator, tmp_path: Path, way: str, plugin: str) -> None:
    folder = tmp_path / "cache"
    connection = {"option": str(folder), "home": "~/cache", "variable": "$HOME/cache"}.get(way)
    cache: dict[str, Any] = {"cache": True, "cache_plugin": plugin, "cache_connection": connection}
    env = {"ANSIBLE_INVENTORY_CACHE_CONNECTION": str(folder)} if connection is None else {}
    done = ansible_inventory(write_source(tmp_path, simulator, **cache), **env)
    assert len(hosts_of(json.loads(done.stdout))) == 40
    assert "cache folder" not in said(done)
    assert mode(folder) == 0o700
    assert list(folder.iterdir())
    folder.chmod(0o755)
    warned = ansible_inventory(write_source(tmp_path, simulator, **cache), **env)
    assert said(warned).count(f"The cache folder {folder} {MADE_OPEN}") == 1
    assert len(hosts_of(json.loads(warned.stdout))) == 40


def test_no_folder_without_a_cache(simulator: Simulator, tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    folder.mkdir(0o755)
    unused: dict[str, Any] = {
        "cache": False,
        "cache_plugin": "jsonfile",
        "cache_connection": str(folder),
    }
    assert not ansible_inventory(write_source(tmp_path, simulator, **unused)).stderr
