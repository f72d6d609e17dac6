# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A column of tests/support/fault_matrix.py through ansible-inventory: all hosts of a source, or none and an error."""

from __future__ import annotations

import json
import re
from pathlib import Path

from support.client import instance_of
from support.fault_matrix import ELSEWHERE, FAULTS, OUTCOMES, rows
from support.inventory import ansible_inventory, hosts_of, said, write_source
from support.misbehaving import misbehaving, nobody
from support.simulator import Simulator

# Without those that take long in real time: answers that come slowly or not at all, a name that isn't known.
MET = [
    name
    for name, f in FAULTS.items()
    if not (f.impatient or f.pause or name in ("dns", "slow_drip"))
]
# A list of several pages, of which the second is met by the fault.
HOSTS = 5


def test_a_page_of_a_list(simulator: Simulator, tmp_path: Path) -> None:
    """Each in a source of its own, told apart by a filter."""
    with misbehaving(lambda *_: (200, {}, b"[]")) as other, nobody() as away:
        sources = []
        for number, fault in enumerate(MET):
            tag, met = f"fault:{number}", FAULTS[fault]
            for host in range(HOSTS):
                instance_of(simulator, name=f"{fault}-{host}".upper(), tags=[tag])
            does = {**(met.does or {})}
            if does.get("location") == ELSEWHERE:
                does["location"] = other.url
            if does:
                query, count = {"tags": tag, "page": "1"}, 0 if met.lasts else 1
                simulator.fault(method="GET", query=query, count=count, fault=does)
            sources.append(
                write_source(
                    tmp_path, simulator, f"{number}.itcare.yml", filters={"tags": [tag]}, page_size=2,
                    retries=1, **({"api_url": away} if met.away else {}),
                )
            )  # fmt: skip
        more = [argument for source in sources[1:] for argument in ("-i", source)]
        done = ansible_inventory(
            sources[0], *more, "--list", ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED="false"
        )
        assert not other.seen
    found = set(hosts_of(json.loads(done.stdout)))
    words = said(done)
    for fault in MET:
        outcome = OUTCOMES[rows()[fault]["list"]]
        hosts = {f"{fault}-{host}".upper() for host in range(HOSTS)}
        assert found & hosts == (set() if outcome.fails else hosts), fault
        if outcome.fails:
            assert re.search(FAULTS[fault].says, words), fault
            assert re.search(outcome.says, words), fault
