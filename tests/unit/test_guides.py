# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What README and guides print runs as it stands, on the simulator's sample fleet, also in check mode."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from support.guides import PAGES, ROOT, blocks, forgotten, script
from support.inventory import COLLECTIONS
from support.simulator import Simulator

# Who the guides speak of.
CLIENTS = ["demo:demo-secret:pow", "web-account:web-secret:pow", "labo-account:labo-secret:pow"]
each_page = pytest.mark.parametrize(
    "page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES]
)
LONGEST_PAGE = 600  # seconds; a page that takes longer hangs


class Reader:
    """Somebody who does what a page says, in a folder and with a home of its own."""

    def __init__(self, folder: Path, simulator: Simulator) -> None:
        self.simulator = simulator
        self.folder = folder / "work"
        self.home = folder / "home"
        self.folder.mkdir()
        # The role's environment is there already: nothing is to be installed.
        self._cache = self.home / ".cache" / "cegedim.cloud"
        (self._cache / "simulator").mkdir(parents=True)
        (self._cache / "simulator" / "venv").symlink_to(sys.prefix)
        password = self.home / "vault-password"
        password.write_text("of the vault\n")
        options = simulator.options()
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("ANSIBLE_", "ITCARE_"))}
        self._environment = {
            **kept,
            **{
                f"ITCARE_{name.upper()}": options[name]
                for name in ("api_url", "token_url", "client_id", "client_secret")
            },
            "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
            "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true",
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
            "ANSIBLE_NOCOLOR": "true",
            "ANSIBLE_VAULT_PASSWORD_FILE": str(password),
            "HOME": str(self.home),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "LABO_SECRET": "labo-secret",
            "WEB_SECRET": "web-secret",
        }

    def run(self, commands: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-c", commands],
            cwd=self.folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=LONGEST_PAGE,
            check=False,
        )

    def leave(self) -> None:
        """Stop the simulators that a page has started, should it have failed."""
        for url in self._cache.glob("*/url"):
            with contextlib.suppress(requests.RequestException):
                root = url.read_text().strip().removesuffix("/itcare")
                requests.post(f"{root}/control/stop", timeout=30)


@pytest.fixture
def reader(tmp_path: Path, simulator_factory: Callable[..., Simulator]) -> Iterator[Reader]:
    running = simulator_factory(instances=40, seed=1, action_delay=0, client=CLIENTS)
    reader = Reader(tmp_path, running)
    yield reader
    reader.leave()


@each_page
def test_it_runs_as_printed(reader: Reader, page: Path) -> None:
    done = reader.run(script(page))
    print(done.stdout)  # pytest shows it when this fails
    assert done.returncode == 0
    assert "[DEPRECATION" not in done.stdout


@each_page
def test_every_block_is_run_or_says_why_not(page: Path) -> None:
    assert forgotten(page) == []


def test_the_pages_have_blocks() -> None:
    """Or else the two tests above would hold nothing."""
    assert {page.name for page in PAGES} >= {"README.md", "guide_inventory.rst"}
    counted = {page.name: len(blocks(page)) for page in PAGES}
    written = {
        page.name: page.read_text().count("```") // 2 + page.read_text().count(".. code-block::")
        for page in PAGES
    }
    assert counted == written


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("```yaml\n# play.yml\n- a\n```\n```console\nansible-playbook play.yml\n```\n", []),
        ("```yaml\n# play.yml\n- a\n```\n```console\nansible-playbook my-play.yml\n```\n", [1]),
        ("```yaml\n- a\n```\n", [1]),
        ("<!-- not run: no AWX -->\n\n```yaml\n- a\n```\n", []),
        ("<!-- not run: -->\n\n```yaml\n- a\n```\n", [3]),
        ("<!-- not run: no AWX -->\n\nText.\n\n```yaml\n- a\n```\n", [5]),
        ("```yaml\n# a/b.yml\n- a\n```\n```shell\nansible-inventory -i a --list\n```\n", []),
        (
            "```yaml\n# a.yml\n- a\n```\n```yaml\n# b.yml\n- include: a.yml\n```\n"
            "```shell\nansible-playbook b.yml\n```\n",
            [],
        ),
    ],
)
def test_a_block_that_is_forgotten(tmp_path: Path, text: str, left: list[int]) -> None:
    page = tmp_path / "page.md"
    page.write_text(text)
    assert [int(where.rpartition(":")[2]) for where in forgotten(page)] == left


def test_each_upgrade_that_fails_is_taken_back(reader: Reader) -> None:
    """The second one meets a snapshot that was recovered before."""
    page = next(page for page in PAGES if page.name == "guide_maintenance.rst")
    (play,) = [block for block in blocks(page) if block.file == "upgrade.yml"]
    (reader.folder / "upgrade.yml").write_text(play.text)
    (reader.folder / "upgrade_tasks.yml").write_text("- ansible.builtin.fail:\n")
    for _time in range(2):
        reader.simulator.clear_requests()
        done = reader.run("ansible-playbook upgrade.yml")
        print(done.stdout)
        assert done.returncode == 2
        assert "the server is back at its snapshot" in done.stdout
        assert "PATCH" in [entry["method"] for entry in reader.simulator.writes()]


def hosts(reader: Reader, *files: str) -> dict[str, dict[str, Any]]:
    """The hosts of an inventory that the guide shows, with their variables."""
    page = next(page for page in PAGES if page.name == "guide_inventory.rst")
    for block in blocks(page):
        if block.file in files:
            path = reader.folder / block.file
            path.parent.mkdir(exist_ok=True)
            path.write_text(block.text)
    source = files[0].partition("/")[0]
    done = reader.run(f"ansible-inventory -i {source} --list 2>/dev/null")
    assert done.returncode == 0, done.stdout
    found: dict[str, dict[str, Any]] = json.loads(done.stdout)["_meta"]["hostvars"]
    return found


def test_each_system_is_reached_in_its_own_way(reader: Reader) -> None:
    login = ("ansible_connection", "ansible_port", "ansible_user", "ansible_python_interpreter")
    found = {
        host["itcare_os_type"]: [str(host[name]) for name in login]
        for host in hosts(reader, "systems.itcare.yml").values()
    }
    assert found == {
        "LINUX": ["ssh", "22", "ansible", "auto"],
        "WINDOWS": ["winrm", "5986", "Administrator", "auto"],
        "AIX": ["ssh", "22", "root", "/opt/freeware/bin/python3"],
    }


def test_an_address_that_is_set_elsewhere(reader: Reader) -> None:
    found = hosts(reader, "bastion.itcare.yml")
    assert found["PEB4WEB01"]["ansible_host"] == "peb4web01.servers.example.com"


def test_an_inventory_of_two_accounts(reader: Reader) -> None:
    """And a play over its hosts: the credentials go with the account's name."""
    found = hosts(reader, "fleet.itcare.yml", "snapshots.yml")
    services = {host["itcare_service_name"].split()[0] for host in found.values()}
    assert services == {"Web", "Labo"}
    assert {host["itcare_account"] for host in found.values()} == {"web", "labo"}
    tokens = [entry for entry in reader.simulator.requests() if entry.get("grant_type")]
    assert {entry["client_id"] for entry in tokens} == {"web-account", "labo-account"}
    for account in ("web", "labo"):  # one that is stopped
        name = next(name for name, host in found.items() if host["itcare_account"] == account)
        identity = found[name]["itcare_id"]
        fields = {"status": "INACTIVE", "snapshot": None}
        reader.simulator.control("PATCH", f"/control/instances/{identity}", fields)
        reader.simulator.clear_requests()
        done = reader.run(f"ansible-playbook -i fleet.itcare.yml snapshots.yml --limit {name}")
        assert done.returncode == 0, done.stdout
        (write,) = reader.simulator.writes()
        assert (write["path"].split("/")[-2], write["client_id"]) == (
            str(identity),
            f"{account}-account",
        )


@pytest.mark.parametrize("way", ["environment", "module_defaults"])
def test_where_a_secret_shows(reader: Reader, way: str) -> None:
    """What the guide to credentials says of Ansible's keyword ``environment:``, and of what to use instead."""
    pair = {"client_id": "web-account", "client_secret": "web-secret"}
    keyword: dict[str, Any] = {"module_defaults": {"group/cegedim.cloud.itcare": pair}}
    if way == "environment":
        keyword = {"environment": {f"ITCARE_{name.upper()}": value for name, value in pair.items()}}
    task = {"name": "Read", "cegedim.cloud.itcare_instance_info": {"names": ["PEB4WEB01"]}}
    play = {"name": "Play", "hosts": "localhost", "gather_facts": False, "tasks": [task], **keyword}
    (reader.folder / "play.yml").write_text(json.dumps([play]))
    done = reader.run("ansible-playbook -vvvv play.yml")
    assert done.returncode == 0, done.stdout
    assert reader.simulator.requests()[-1]["client_id"] == "web-account"
    assert ("web-secret" in done.stdout) is (way == "environment")


def test_the_messages_to_look_for_are_those_that_are_written() -> None:
    """What the page on troubleshooting quotes of ours is in the sources."""
    sources = "".join(path.read_text() for path in sorted(ROOT.glob("plugins/**/*.py")))
    said = re.sub(r'"\s*\n\s*f?"', "", sources)
    page = (ROOT / "docs/docsite/rst/guide_troubleshooting.rst").read_text()
    quoted = re.findall(r"^  \* - ``(.+)``$", page.partition("Messages of Ansible")[0], re.M)
    assert len(quoted) > 10
    messages = [message for row in quoted for message in row.split("``, ``")]
    # Why an answer can't be used is put in, too.
    split = re.compile(r"\.\.\.|(?<=was answered with) ")
    parts = [part.strip() for message in messages for part in split.split(message)]
    assert [part for part in parts if part not in said] == []
