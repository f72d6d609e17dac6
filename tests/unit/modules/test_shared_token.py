# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plays, forks and inventories share one token, from end to end; what is wrong with its folder is said."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from support.client import instance_of
from support.inventory import ansible_inventory, run_ansible, said, write_source
from support.simulator import Simulator

FORKS = 8
HOSTS = [f"fork{number}" for number in range(FORKS)]
NOT_SHARED = "The access token isn't shared with other tasks: "


def grants(simulator: Simulator) -> list[str | None]:
    return [e.get("grant_type") for e in simulator.requests() if e["path"].endswith("/token")]


def account(simulator: Simulator) -> dict[str, Any]:
    options = simulator.options()
    return {key: options[key] for key in ("api_url", "token_url", "client_id", "client_secret")}


def play_of(folder: Path, simulator: Simulator, tasks: list[dict[str, Any]]) -> Path:
    play = {
        "hosts": "all",
        "gather_facts": False,
        "connection": "local",
        "vars": {"ansible_python_interpreter": sys.executable},
        "module_defaults": {"group/cegedim.cloud.itcare": account(simulator)},
        "tasks": tasks,
    }
    path = folder / "play.yml"
    path.write_text(json.dumps([play]))
    return path


def test_ten_tasks_over_eight_forks(simulator: Simulator, tmp_path: Path) -> None:
    """The first is run by all forks at once, when there is no token yet."""
    name = instance_of(simulator)["name"]
    actions: dict[str, Any] = {"cegedim.cloud.itcare_action_info": {"names": [name]}}
    instances: dict[str, Any] = {"cegedim.cloud.itcare_instance_info": {"names": [name]}}
    patched: dict[str, Any] = {
        "cegedim.cloud.itcare_patch_party": {"names": [name], "excluded": False}
    }
    once = {"run_once": True}
    tasks = [actions, instances, *[{**task, **once} for task in (patched, instances) * 4]]
    assert len(tasks) == 10
    play = play_of(tmp_path, simulator, tasks)
    hosts = ",".join(HOSTS) + ","
    simulator.clear_requests()
    done = run_ansible("ansible-playbook", tmp_path, "-i", hosts, "-f", str(FORKS), play)
    assert done.returncode == 0, said(done)
    assert NOT_SHARED not in said(done)
    assert grants(simulator) == ["client_credentials"]
    assert {entry["status"] for entry in simulator.requests()} == {200}
    tokens_aside = [e for e in simulator.requests() if not e["path"].endswith("/token")]
    lists = [e for e in tokens_aside if e["path"].endswith("/compute/instances")]
    assert len(lists) >= FORKS + 8  # every task has asked

    # The next run of that user, and an inventory, find it.
    source = write_source(tmp_path, simulator, token_cache=None)
    assert ansible_inventory(source).returncode == 0
    again = run_ansible("ansible-playbook", tmp_path, "-i", hosts, "--check", "-l", HOSTS[0], play)
    assert again.returncode == 0, said(again)
    assert grants(simulator) == ["client_credentials"]


@pytest.mark.parametrize("switched_off", [False, True])
def test_a_warning_is_one(simulator: Simulator, tmp_path: Path, switched_off: bool) -> None:
    """Of a task and of an inventory; not when nothing is to be shared."""
    open_to_others = tmp_path / "run" / "cegedim.cloud-tokens"
    open_to_others.mkdir(parents=True)
    open_to_others.chmod(0o755)
    env = {"XDG_RUNTIME_DIR": str(open_to_others.parent)}
    if switched_off:
        env["ITCARE_TOKEN_CACHE"] = "false"
    tasks = [{"cegedim.cloud.itcare_instance_info": {"names": [instance_of(simulator)["name"]]}}]
    play = play_of(tmp_path, simulator, tasks * 2)
    for done in (
        run_ansible("ansible-playbook", tmp_path, "-i", "localhost,", play, **env),
        ansible_inventory(write_source(tmp_path, simulator, token_cache=None), **env),
    ):
        assert done.returncode == 0, said(done)
        warning = f"{NOT_SHARED}{open_to_others} is open to others (mode 0755)"
        # Old releases break the line within a word.
        printed = "".join(said(done).split())
        assert printed.count("".join(warning.split())) == (0 if switched_off else 1)
    assert list(open_to_others.iterdir()) == []
