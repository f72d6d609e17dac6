# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One itcare_patch_party task for 1,000 instances against a loop over a task for one instance each (100 of them).

Both in one run, on the same simulator; prints a table and writes the figures as JSON (--json FILE).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import yaml

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.simulator import Simulator  # noqa: E402

BULK = 1000
LOOP = 100


def play(tasks: list[dict[str, Any]], simulator: Simulator, folder: Path) -> float:
    """Seconds of wall time that a playbook of these tasks takes. Raises when it fails."""
    playbook = folder / "play.yml"
    content = [{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]
    playbook.write_text(yaml.safe_dump(content), encoding="utf-8")
    options = simulator.options()
    names = ("api_url", "token_url", "client_id", "client_secret")
    began = time.perf_counter()
    subprocess.run(
        [str(Path(sys.executable).with_name("ansible-playbook")), str(playbook)],
        env={**os.environ, **{f"ITCARE_{name.upper()}": options[name] for name in names}},
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return time.perf_counter() - began


def measure(action_delay: float) -> dict[str, Any]:
    """The figures of both ways."""
    simulator = Simulator(instances=BULK, seed=1, action_delay=action_delay, max_page_size=200)
    try:
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary)
            nothing = min(
                play([{"ansible.builtin.meta": "noop"}], simulator, folder) for _each in range(3)
            )
            names = _put_all_into_group_1(simulator)
            party: dict[str, Any] = {"patch_group": "2", "wait_interval": 1}
            task = {"cegedim.cloud.itcare_patch_party": {"names": ["{{ item }}"], **party}}
            simulator.clear_requests()
            loop = play([{**task, "loop": names[:LOOP]}], simulator, folder) - nothing
            loop_writes = len(simulator.writes())
            _put_all_into_group_1(simulator)
            simulator.clear_requests()
            task = {
                "cegedim.cloud.itcare_patch_party": {"names": names, "concurrency": 32, **party}
            }
            bulk = play([task], simulator, folder) - nothing
            bulk_writes = len(simulator.writes())
    finally:
        simulator.stop()
    if (loop_writes, bulk_writes) != (LOOP, BULK):
        raise SystemExit(f"expected {LOOP} and {BULK} writes, saw {loop_writes} and {bulk_writes}")
    return {
        "action_delay": action_delay,
        "empty_play_seconds": nothing,
        "loop_seconds_per_instance": loop / LOOP,
        "bulk_seconds_per_instance": bulk / BULK,
        "times_faster": (loop / LOOP) / (bulk / BULK),
    }


def _put_all_into_group_1(simulator: Simulator) -> list[str]:
    """Makes every instance differ from what is desired, without asking the API for it."""
    names = []
    for identifier in range(10001, 10001 + BULK):
        instance = simulator.control("GET", f"/control/instances/{identifier}")
        party = {**(instance["patchParty"] or {}), "excluded": False, "patchGroup": "1"}
        simulator.control("PATCH", f"/control/instances/{identifier}", {"patchParty": party})
        names.append(instance["name"])
    return names


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="file for the figures")
    parser.add_argument("--action-delay", type=float, default=0.05, help="seconds an action takes")
    arguments = parser.parse_args()
    figures = measure(arguments.action_delay)
    print(f"{'':32}{'seconds per instance':>22}")
    print(
        f"{f'loop over {LOOP} one-instance tasks':32}{figures['loop_seconds_per_instance']:>22.4f}"
    )
    print(f"{f'one task for {BULK} instances':32}{figures['bulk_seconds_per_instance']:>22.4f}")
    print(f"times faster per instance: {figures['times_faster']:.1f}")
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
