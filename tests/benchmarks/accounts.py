# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an inventory of 10,000 hosts costs when five accounts share them, beside one account that has them all.

The instances are the same ones; each account is at a simulator of its own. Both are run in turns, the smallest of several
rounds counts. Prints the ratio and writes the figures as JSON (--json FILE).
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

TESTS = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TESTS))

from ansible_collections.cegedim.cloud.plugins.module_utils.api.client import Client  # noqa: E402
from ansible_collections.cegedim.cloud.plugins.module_utils.api.connection_options import (  # noqa: E402
    ConnectionOptions,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.selection.selection import (  # noqa: E402
    Selection,
    fetch,
)
from benchmarks.inventory import GROUPING, Bench  # noqa: E402
from support.simulator import Simulator  # noqa: E402

ACCOUNTS = 5
MOST = 1.15  # times the CPU of one account
ONE, SEVERAL = "one account", f"{ACCOUNTS} accounts"


def entry(simulator: Simulator) -> dict[str, str]:
    options = simulator.options()
    return {key: options[key] for key in ("api_url", "token_url", "client_id", "client_secret")}


def shared_out(whole: Simulator, parts: list[Simulator]) -> None:
    """Every instance of the one is in one of the others, too."""
    client = Client(ConnectionOptions.from_mapping(whole.options()))
    try:
        instances = fetch(client, Selection())
    finally:
        client.close()

    def fill(number: int) -> None:
        for instance in instances[number::ACCOUNTS]:
            parts[number].add(**instance)

    with ThreadPoolExecutor(ACCOUNTS) as pool:
        list(pool.map(fill, range(ACCOUNTS)))


def sources(folder: Path, whole: Simulator, parts: list[Simulator]) -> dict[str, Path]:
    entries = [{"name": f"a{number}", **entry(part)} for number, part in enumerate(parts)]
    files: dict[str, dict[str, Any]] = {ONE: entry(whole), SEVERAL: {"accounts": entries}}
    paths = {}
    for number, (what, content) in enumerate(files.items()):
        paths[what] = folder / f"{number}.itcare.yml"
        paths[what].write_text(
            json.dumps({"plugin": "cegedim.cloud.itcare", **content, **GROUPING})
        )
    return paths


def measure(size: int, rounds: int) -> dict[str, Any]:
    """CPU seconds and peak memory of each, in turns."""
    simulators = [Simulator(instances=size, seed=1)]
    try:
        simulators += [Simulator(instances=0, seed=1) for _each in range(ACCOUNTS)]
        whole, *parts = simulators
        shared_out(whole, parts)
        with tempfile.TemporaryDirectory() as name:
            bench = Bench(Path(name), rounds)
            paths = sources(Path(name), whole, parts)
            spent: dict[str, list[tuple[float, float, float]]] = {what: [] for what in paths}
            for number in range(rounds):
                for what in sorted(paths, reverse=bool(number % 2)):
                    spent[what].append(bench.spent(bench.graph(paths[what])))
    finally:
        for simulator in simulators:
            simulator.stop()
    figures = {}
    for what, runs in spent.items():
        wall, cpu, peak = (min(of_each) for of_each in zip(*runs, strict=True))
        figures[what] = {"wall": wall, "cpu": cpu, "peak_mb": peak}
    return figures


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path, default=Path("tests/output/accounts.json"))
    options = parser.parse_args()
    figures = measure(options.size, options.rounds)
    for what, line in figures.items():
        print(f"{options.size:>7} {what:<14}" + "".join(f" {k} {v:>8.2f}" for k, v in line.items()))
    ratio = figures[SEVERAL]["cpu"] / figures[ONE]["cpu"]
    met = ratio <= MOST
    print(f"CPU, {SEVERAL} / {ONE}: {ratio:.3f}, at most {MOST}{'' if met else '  NOT MET'}")
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps({"figures": figures, "ratio": ratio}, indent=2) + "\n")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
