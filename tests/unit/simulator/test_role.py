# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role that starts and stops the simulator."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

ROOT = Path(__file__).resolve().parents[3]
FACTS = ("api_url", "token_url", "control_url", "client_id", "client_secret")
PLAY = """
- hosts: localhost
  gather_facts: false
  tasks:
    - ansible.builtin.include_role:
        name: cegedim.cloud.simulator
    - ansible.builtin.copy:
        dest: "{{ simulator_directory }}/facts"
        content: "{{ dict(names | zip(names | map('extract', vars))) | to_json }}"
        mode: "0600"
      vars:
        names: [FACTS]
      changed_when: false
      when: simulator_api_url is defined
      check_mode: false
"""


class Role:
    """Runs of the role in a directory of its own."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory / "simulator"
        home = directory / "collections" / "ansible_collections" / "cegedim"
        home.mkdir(parents=True)
        (home / "cloud").symlink_to(ROOT)
        self.said = ""
        self._play = directory / "play.yml"
        self._play.write_text(PLAY.replace("FACTS", ", ".join(f"simulator_{n}" for n in FACTS)))
        self._environment = {
            **os.environ,
            "ANSIBLE_COLLECTIONS_PATH": str(directory / "collections"),
            "ANSIBLE_LOCAL_TEMP": str(directory / "tmp"),
            "ANSIBLE_NOCOLOR": "true",
        }

    def run(self, *options: str, **variables: object) -> int:
        """The number of tasks that changed something."""
        variables = {
            "simulator_directory": str(self.directory),
            "simulator_python": sys.executable,
            **{f"simulator_{name}": value for name, value in variables.items()},
        }
        command = [sys.executable, "-m", "ansible", "playbook", str(self._play), *options]
        done = subprocess.run(
            [*command, "--extra-vars", json.dumps(variables)],
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        self.said = done.stdout
        changed = re.search(r"changed=(\d+)", done.stdout)
        assert changed is not None
        return int(changed[1])

    def facts(self) -> dict[str, str]:
        facts = json.loads((self.directory / "facts").read_text())
        return {name.removeprefix("simulator_"): value for name, value in facts.items()}

    def fleet(self) -> int:
        state = requests.get(f"{self.facts()['control_url']}/state", timeout=30).json()
        instances: int = state["instances"]
        return instances


@pytest.fixture
def role(tmp_path: Path) -> Iterator[Role]:
    role = Role(tmp_path)
    yield role
    role.run(state="stopped")
    assert not (role.directory / "url").exists()


def test_start_and_stop(role: Role) -> None:
    assert role.run() > 0
    facts = role.facts()
    answer = requests.post(
        facts["token_url"],
        data={"grant_type": "client_credentials"},
        auth=(facts["client_id"], facts["client_secret"]),
        timeout=30,
    )
    assert answer.status_code == 200
    assert requests.get(f"{facts['api_url']}/health", timeout=30).status_code == 200
    assert role.fleet() == 40
    for name in ("api_url", "token_url"):
        assert f"export ITCARE_{name.upper()}={facts[name]}" in role.said

    assert role.run() == 0
    assert role.facts() == facts

    assert role.run(instances=3, client_id="me", client_secret="mine") > 0
    assert role.fleet() == 3
    assert role.facts()["client_id"] == "me"

    role.run("--check", state="stopped")
    assert role.fleet() == 3
    (role.directory / "facts").unlink()
    role.run("--check", instances=4)  # it would be another one, at another address
    assert "In check mode no simulator is started" in role.said
    assert not (role.directory / "facts").exists()
    role.run("--check", instances=3, client_id="me", client_secret="mine")
    assert role.fleet() == 3
    assert role.run(state="stopped") > 0
    assert role.run(state="stopped") == 0
    with pytest.raises(requests.ConnectionError):
        role.fleet()


def test_a_port_that_is_taken(role: Role) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(AssertionError, match=f"cannot listen on 127.0.0.1:{port}: "):
            role.run(port=port)


def test_a_simulator_that_was_killed(role: Role) -> None:
    """Its URL is still there, and nobody answers."""
    role.directory.mkdir()
    (role.directory / "url").write_text("http://127.0.0.1:1/itcare\n")
    before = sorted(role.directory.iterdir())
    role.run("--check")
    assert sorted(role.directory.iterdir()) == before  # no facts either
    assert "In check mode no simulator is started" in role.said
    assert role.run() > 0
    assert role.fleet() == 40
