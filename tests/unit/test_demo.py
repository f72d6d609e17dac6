# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The demo cleans up after a failure too, and only after itself; that it works is shown by the nox session of its name."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from support.simulator import Simulator

ROOT = Path(__file__).resolve().parents[2]


def test_its_simulator_is_stopped_after_a_failure(simulator: Simulator, tmp_path: Path) -> None:
    cache = tmp_path / ".cache" / "cegedim.cloud"
    rehearsal = cache / "simulator" / "url"  # somebody rehearses at the same time
    rehearsal.parent.mkdir(parents=True)
    rehearsal.write_text(simulator.api_url)
    variables = {"demo_server": "NOT,A,NAME", "simulator_python": sys.executable}
    run = subprocess.run(
        [
            str(Path(sys.executable).with_name("ansible-playbook")),
            str(ROOT / "playbooks" / "demo.yml"),
            "-e",
            json.dumps(variables),
        ],
        env={**os.environ, "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 2, run.stdout + run.stderr
    assert "name is a host name such as PEB4MYAPP01, not 'NOT,A,NAME'" in run.stdout
    assert (cache / "demo" / "log").exists()
    assert not (cache / "demo" / "url").exists()
    assert rehearsal.exists()
    assert simulator.control("GET", "/control/state")["instances"] == 40
