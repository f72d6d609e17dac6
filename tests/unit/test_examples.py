# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The examples of every module run as they stand, against the simulator's generated fleet."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.simulator import Simulator

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("itcare_*.py"))


def examples(module: str) -> list[dict[str, Any]]:
    """The tasks of a module's EXAMPLES."""
    source = (ROOT / "plugins" / "modules" / f"{module}.py").read_text(encoding="utf-8")
    found = re.search(r'^EXAMPLES = r"""\n(.*?)^"""', source, re.S | re.M)
    assert found
    tasks: list[dict[str, Any]] = yaml.safe_load(found[1])
    return tasks


@pytest.mark.parametrize("module", MODULES)
def test_examples_run(module: str, simulator: Simulator, tmp_path: Path) -> None:
    tasks = examples(module)
    assert any(f"cegedim.cloud.{module}" in task for task in tasks)
    play = [{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]
    playbook = tmp_path / "examples.yml"
    playbook.write_text(yaml.safe_dump(play, sort_keys=False), encoding="utf-8")
    options = simulator.options()
    run = subprocess.run(
        [str(Path(sys.executable).with_name("ansible-playbook")), str(playbook)],
        env={
            **os.environ,
            **{
                f"ITCARE_{name.upper()}": options[name]
                for name in ("api_url", "token_url", "client_id", "client_secret")
            },
            "RMQ_PASSWORD": "an-examples-secret",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "an-examples-secret" not in run.stdout + run.stderr
    assert "[DEPRECATION" not in run.stderr, run.stderr
