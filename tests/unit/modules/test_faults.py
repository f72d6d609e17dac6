# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A column of tests/support/fault_matrix.py in real module processes, of one play: what a user gets to see is what the table says."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from support.client import executed, instance_of
from support.fault_matrix import ELSEWHERE, FAULTS, NOBODY, OUTCOMES, rows
from support.inventory import run_ansible
from support.misbehaving import misbehaving, nobody
from support.simulator import Simulator

# A few, as a process takes its time, and where a write is looked for in vain that is 15 seconds more.
MET = ("refused", "reset_after", "401_once", "403", "409", "429", "503_after", "redirect")
PLAY: list[dict[str, Any]] = [
    {
        "hosts": "localhost",
        "gather_facts": False,
        "tasks": [
            {
                "cegedim.cloud.itcare_instance": {
                    "name": "{{ item.name }}",
                    "sizing": "4cpu8gb",
                    "api_url": "{{ item.api_url }}",
                    "retries": 1,
                },
                "loop": "{{ items }}",
                "register": "found",
                "ignore_errors": True,
            },
            {
                "ansible.builtin.copy": {
                    "content": "{{ found.results | to_json }}",
                    "dest": "{{ playbook_dir }}/results.json",
                }
            },
        ],
    }
]


def test_an_operation(simulator: Simulator, tmp_path: Path) -> None:
    with misbehaving(lambda *_: (200, {}, b"[]")) as other, nobody() as away:
        names = {fault: f"FAULT{number:02}" for number, fault in enumerate(MET)}
        paths = {}
        for fault, name in names.items():
            identity = instance_of(simulator, name=name)["id"]
            paths[fault] = f"/itcare/compute/instances/{identity}"
            does = {**(FAULTS[fault].does or {})}
            if does.get("location") == ELSEWHERE:
                does["location"] = other.url
            if does:
                count = 0 if FAULTS[fault].lasts else 1
                simulator.fault(method="PATCH", path=f"{identity}$", count=count, fault=does)
        items = [
            {"name": name, "api_url": away if FAULTS[fault].away == NOBODY else simulator.api_url}
            for fault, name in names.items()
        ]
        (tmp_path / "play.yml").write_text(json.dumps(PLAY))
        (tmp_path / "items.json").write_text(json.dumps({"items": items}))
        options = simulator.options()
        env = {
            f"ITCARE_{name.upper()}": options[name]
            for name in ("token_url", "client_id", "client_secret")
        }
        done = run_ansible(
            "ansible-playbook", tmp_path, "play.yml", "-e", "@items.json", "-vvvv", **env
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert not other.seen
    assert options["client_secret"] not in done.stdout + done.stderr
    results = json.loads((tmp_path / "results.json").read_text())
    for fault, result in zip(MET, results, strict=True):
        outcome = OUTCOMES[rows()[fault]["operation"]]
        assert bool(result.get("failed")) == outcome.fails, (fault, result)
        assert result["changed"] == (not outcome.fails), fault
        if (
            outcome.fails and fault != "refused"
        ):  # which nobody is there to be asked about, from the beginning
            assert re.search(FAULTS[fault].says, result["msg"]), result
            assert result["itcare_error"]["method"] == "PATCH"
        sent = [e for e in simulator.writes() if e["path"] == paths[fault]]
        assert len(sent) == outcome.sent, fault
        assert len([e for e in executed(simulator) if e in sent]) == (not outcome.fails), fault
