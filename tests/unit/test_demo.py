# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The demo cleans up after a failure too; that it works is shown by the nox session of its name."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_simulator_is_stopped_after_a_failure(tmp_path: Path) -> None:
    variables = {
        "demo_server": "NOT,A,NAME",
        "simulator_directory": str(tmp_path),
        "simulator_python": sys.executable,
    }
    run = subprocess.run(
        [
            str(Path(sys.executable).with_name("ansible-playbook")),
            str(ROOT / "playbooks" / "demo.yml"),
            "-e",
            json.dumps(variables),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 2, run.stdout + run.stderr
    assert "name is a host name such as PEB4MYAPP01, not 'NOT,A,NAME'" in run.stdout
    assert (tmp_path / "log").exists()
    assert not (tmp_path / "url").exists()
