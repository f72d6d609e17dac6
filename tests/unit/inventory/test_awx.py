# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What AWX runs, as it runs it, with the files that the guide shows."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.inventory import COLLECTIONS, LONGEST_RUN
from support.simulator import Simulator

# In a process of its own: it forks, which one with threads should not.
RUNNER = """
import json, sys, ansible_runner
said, _errors, rc = ansible_runner.run_command(**json.loads(sys.argv[1]))
print(json.dumps([said, rc]))
"""
DOCS = Path(__file__).resolve().parents[3] / "docs"
FILES = DOCS / "awx"


def injected(simulator: Simulator, kind: str = "credential", **values: str) -> dict[str, str]:
    """The environment that AWX makes of a credential, and of a source's variables."""
    inputs = yaml.safe_load((FILES / f"{kind}_inputs.yml").read_text())
    env: dict[str, str] = yaml.safe_load((FILES / f"{kind}_injectors.yml").read_text())["env"]
    assert set(inputs["required"]) == set(values)
    for field in inputs["fields"]:
        for name, template in env.items():
            env[name] = template.replace(f"{{{{ {field['id']} }}}}", values[field["id"]])
    source_variables: dict[str, str] = yaml.safe_load((FILES / "source_variables.yml").read_text())
    addresses = {"ITCARE_API_URL": simulator.api_url, "ITCARE_TOKEN_URL": simulator.token_url}
    return {**env, **source_variables, **addresses}


def update(
    folder: Path, env: dict[str, str], inventory: str = "fleet.itcare.yml"
) -> tuple[int, dict[str, Any] | None, str]:
    """An inventory update: rc, what is imported, what is said."""
    project = folder / "project"
    project.mkdir(exist_ok=True)
    shutil.copy(FILES / (inventory or "fleet.itcare.yml"), project)
    output = folder / "output.json"
    arguments = [
        "--list",
        "--export",
        "-i",
        str(project / inventory),
        "--output",
        str(output),
    ]
    settings = {
        "executable_cmd": str(Path(sys.executable).parent / "ansible-inventory"),
        "cmdline_args": [*arguments, "--playbook-dir", str(project), "-vvv"],
        "private_data_dir": str(folder),
        "quiet": True,
        "envvars": {
            **env,
            "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
            "ANSIBLE_INVENTORY_UNPARSED_FAILED": "True",
            "HOME": str(folder),
        },
    }
    command = [sys.executable, "-c", RUNNER, json.dumps(settings)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST_RUN, check=True)
    said, rc = json.loads(done.stdout)
    return rc, json.loads(output.read_text()) if output.exists() else None, said


def is_enabled(variables: dict[str, Any], variable: str, value: str) -> bool:
    """AWX compares the texts of both."""
    return str(variables[variable]) == value


def test_an_update(simulator: Simulator, tmp_path: Path) -> None:
    simulator.reset(instances=0)
    fields = {"environment": "PRODUCTION", "region": {"id": "EB"}}
    simulator.add(name="ON", status="ACTIVE", tags=["app:web"], **fields)
    simulator.add(name="OFF", status="INACTIVE", tags=[], **fields)
    simulator.add(name="TEMPLATE", status="ACTIVE", comment="{{ 7 * 6 }}", tags=[], **fields)
    simulator.add(name="TEST", environment="TEST")
    env = injected(simulator, client_id="demo", client_secret="demo-secret")
    rc, imported, said = update(tmp_path, env)
    assert rc == 0, said
    assert imported is not None
    hosts = imported["_meta"]["hostvars"]
    assert {name: is_enabled(v, "itcare_running", "True") for name, v in hosts.items()} == {
        "ON": True,
        "OFF": False,
        "TEMPLATE": True,
    }
    assert is_enabled(hosts["ON"], "itcare_status", "ACTIVE")
    assert imported["tag_app_web"]["hosts"] == ["ON"]
    assert sorted(imported["region_EB"]["hosts"]) == ["OFF", "ON", "TEMPLATE"]
    # Only what could be executed is told apart.
    assert hosts["TEMPLATE"].pop("itcare_comment") == {"__ansible_unsafe": "{{ 7 * 6 }}"}
    assert "__ansible_unsafe" not in json.dumps(imported)
    assert "demo-secret" not in said


@pytest.mark.parametrize("secret", ["labo-secret", "wrong-secret"])
def test_an_update_of_two_accounts(
    simulator_factory: Callable[..., Simulator], tmp_path: Path, secret: str
) -> None:
    """All of them, or nothing is imported."""
    clients = ["web-account:web-secret:pow", "labo-account:labo-secret:pow"]
    simulator = simulator_factory(instances=0, client=clients)
    simulator.add(name="SEEN", environment="PRODUCTION")
    pairs = {
        "web_client_id": "web-account",
        "web_client_secret": "web-secret",
        "labo_client_id": "labo-account",
        "labo_client_secret": secret,
    }
    env = injected(simulator, "accounts_credential", **pairs)
    rc, imported, said = update(tmp_path, env, "accounts.itcare.yml")
    assert not [text for text in pairs.values() if text.endswith("-secret") and text in said]
    if secret == "wrong-secret":
        assert rc != 0
        assert imported is None
        assert "Account labo: " in said
    else:
        assert rc == 0, said
        assert imported is not None
        assert imported["account_web"]["hosts"] == ["SEEN"]
        assert "__ansible_unsafe" not in json.dumps(imported)


@pytest.mark.parametrize("trouble", ["credential", "service"])
def test_an_update_that_fails_imports_nothing(
    simulator: Simulator, tmp_path: Path, trouble: str
) -> None:
    secret = "wrong-secret" if trouble == "credential" else "demo-secret"
    if trouble == "service":
        simulator.fault(path="/compute/instances$", count=0, fault={"status": 403})
    env = injected(simulator, client_id="demo", client_secret=secret)
    rc, imported, said = update(tmp_path, env)
    assert rc != 0
    assert imported is None
    assert secret not in said


@pytest.mark.parametrize("told", [True, False])
def test_a_folder_of_sources_of_which_one_fails(
    simulator: Simulator, tmp_path: Path, told: bool
) -> None:
    """Ansible takes the other's hosts for all that there are, unless the source's variables say otherwise."""
    simulator.fault(path="/compute/instances$", count=0, fault={"status": 403})
    env = injected(simulator, client_id="demo", client_secret="demo-secret")
    if not told:
        del env["ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED"]
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "more.yml").write_text("all: {hosts: {OTHER: {}}}\n")
    rc, imported, said = update(tmp_path, env, inventory="")
    if told:
        assert rc != 0, said
        assert imported is None
    else:  # what the variable is there for
        assert rc == 0, said
        assert imported is not None
        assert set(imported["_meta"]["hostvars"]) <= {"OTHER"}


def test_the_guide_shows_these_files() -> None:
    guide = (DOCS / "docsite" / "rst" / "guide_awx.rst").read_text()
    unindented = "\n".join(line.strip() for line in guide.splitlines())
    for file in FILES.iterdir():
        content = [line.strip() for line in file.read_text().splitlines()]
        shown = [line for line in content if line and not line.startswith(("#", "---"))]
        assert "\n".join(shown) in unindented, file.name
