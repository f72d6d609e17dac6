# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the inventory plugin costs, beside the floors, in the same run.

Each line is `ansible-inventory --graph` in a process of its own: wall clock and CPU seconds, peak memory, requests. The
smallest of several rounds counts. Compare the lines of one run with one another (the ratios), not runs of different
machines. The floors: an empty inventory; the same fleet and groups as a static JSON file; a plain download and
`json.loads`, without Ansible; hosts and variables added without any grouping, one `set_variable` each; the same with
the grouping of Ansible's own Constructable. Where the PyPI package `ansible` brings hetzner.hcloud: its plugin, with
as many servers of a stand-in of its API.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ansible.release import __version__ as ansible_core

TESTS = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TESTS))

from support import hcloud  # noqa: E402
from support.simulator import Simulator  # noqa: E402

GROUPING = {
    "keyed_groups": [
        {"key": "environment", "prefix": "environment"},
        {"key": "region.id", "prefix": "region"},
        {"key": "status", "prefix": "status"},
        {"key": "network.technical_id", "prefix": "network"},
    ],
    "groups": {"production": "environment == 'PRODUCTION'"},
    "compose": {"ansible_host": "ip_address"},
}

# Beyond this, what Ansible itself makes of a fleet takes tens of gigabytes, or an hour.
LARGEST_FOR_FLOORS = 10_000

# The least that an inventory plugin does: download, add_host, set_variable; and, if told to, Ansible's own grouping.
MINIMAL_PLUGIN = '''
DOCUMENTATION = """
name: minimal
short_description: minimal
description: minimal
options:
  url: {description: url, type: str}
  token: {description: token, type: str}
  grouped: {description: grouped, type: bool, default: false}
extends_documentation_fragment: [constructed]
"""
import json, re
import requests
from ansible.plugins.inventory import BaseInventoryPlugin, Constructable

def snake(name):
    return re.sub(r"([a-z0-9])([A-Z])", r"\\\\1_\\\\2", name).lower()

def snaked(value):
    if isinstance(value, dict):
        return {NAMES.setdefault(k, None) or NAMES.__setitem__(k, snake(k)) or NAMES[k]: snaked(v) for k, v in value.items()}
    return [snaked(v) for v in value] if isinstance(value, list) else value

NAMES = {}

class InventoryModule(BaseInventoryPlugin, Constructable):
    NAME = "minimal"

    def parse(self, inventory, loader, path, cache=True):
        super().parse(inventory, loader, path, cache)
        self._read_config_data(path)
        session = requests.Session()
        session.headers["Authorization"] = "Bearer " + self.get_option("token")
        page, pages = 0, 1
        while page < pages:
            answer = session.get(self.get_option("url"), params={"page": page, "size": 200}).json()
            pages, page = answer["totalPages"], page + 1
            for instance in answer["content"]:
                fields = snaked(instance)
                name = self.inventory.add_host(fields["name"])
                for field, value in fields.items():
                    self.inventory.set_variable(name, "itcare_" + field, value)
                if self.get_option("grouped"):
                    self._set_composite_vars(self.get_option("compose"), fields, name)
                    self._add_host_to_composed_groups(self.get_option("groups"), fields, name)
                    self._add_host_to_keyed_groups(self.get_option("keyed_groups"), fields, name)
'''

PLAIN_DOWNLOAD = """
import json, sys, requests
session = requests.Session()
session.headers["Authorization"] = "Bearer " + sys.argv[2]
page, pages, kept = 0, 1, []
while page < pages:
    answer = json.loads(session.get(sys.argv[1], params={"page": page, "size": 200}).content)
    pages, page = answer["totalPages"], page + 1
    kept += answer["content"]
"""

# A process's peak memory counts from that of the one that starts it: this one is small.
LAUNCHER = """
import os, sys, time
began = time.perf_counter()
child = os.fork()
if child == 0:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.execv(sys.argv[1], sys.argv[1:])
_pid, status, used = os.wait4(child, 0)
print([time.perf_counter() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024])
sys.exit(os.waitstatus_to_exitcode(status))
"""


@dataclass
class Line:
    """One measurement: the smallest of each figure over the rounds."""

    what: str
    instances: int
    latency: float
    wall: float
    cpu: float
    peak_mb: float
    requests: int


@dataclass
class Apis:
    """What the plugins ask."""

    simulator: Simulator
    cloud: hcloud.HetznerCloud | None = None  # only where it has a line

    def forget_requests(self) -> None:
        self.simulator.clear_requests()
        if self.cloud:
            self.cloud.requests = 0

    def requests(self) -> int:
        return len(self.simulator.requests()) + (self.cloud.requests if self.cloud else 0)


class Bench:
    """Runs commands against a simulator and keeps the figures."""

    def __init__(self, folder: Path, rounds: int) -> None:
        self.folder = folder
        self.rounds = rounds
        self.lines: list[Line] = []
        self.env = {
            **{
                k: v
                for k, v in os.environ.items()
                if not k.startswith(("ANSIBLE_", "ITCARE_", "XDG_"))
            },
            "ANSIBLE_COLLECTIONS_PATH": os.environ.get("ANSIBLE_COLLECTIONS_PATH", ""),
            "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true",
            "ANSIBLE_INVENTORY_PLUGINS": str(folder),
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "HOME": str(folder),
        }

    def graph(self, source: Path) -> list[str]:
        program = Path(sys.executable).parent / "ansible-inventory"
        return [sys.executable, str(program), "-i", str(source), "--graph"]

    def measure(self, jobs: dict[str, list[str]], apis: Apis, size: int, latency: float) -> None:
        """Every command once per round, one after the other, so that a busy moment of the machine hits all alike."""
        best: dict[str, Line] = {}
        for _round in range(self.rounds if size < 100_000 else 1):
            for what, command in jobs.items():
                apis.forget_requests()
                wall, cpu, peak = self.spent(command)
                asked = apis.requests()
                known = best.setdefault(what, Line(what, size, latency, wall, cpu, peak, asked))
                known.wall, known.cpu = min(known.wall, wall), min(known.cpu, cpu)
                known.peak_mb = min(known.peak_mb, peak)
        for line in best.values():
            self.lines.append(line)
            print(
                f"{line.instances:>7} {line.latency * 1000:>5.0f} ms  {line.what:<44} {line.wall:>8.2f} {line.cpu:>8.2f} "
                f"{line.peak_mb:>8.0f} {line.requests:>6}",
                flush=True,
            )

    def spent(self, command: list[str]) -> tuple[float, float, float]:
        done = subprocess.run(
            [sys.executable, "-S", "-c", LAUNCHER, *command],
            env=self.env,
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SystemExit(done.stderr)
        wall, cpu, peak = json.loads(done.stdout)
        return wall, cpu, peak

    def of(self, what: str, size: int, latency: float = 0.0) -> Line | None:
        for line in self.lines:
            if (line.what, line.instances, line.latency) == (what, size, latency):
                return line
        return None


EMPTY, OURS, STATIC = "empty inventory", "cegedim.cloud.itcare", "the same as a static JSON file"
DOWNLOAD, UNGROUPED = "plain download and json.loads", "hosts and variables, no grouping"
CONSTRUCTABLE = "the same with Ansible's Constructable"
WARM = "cegedim.cloud.itcare, warm cache"
PEER = "hetzner.hcloud, as many servers"


def sources(folder: Path, apis: Apis) -> dict[str, Path]:
    """The inventory files."""
    simulator = apis.simulator
    token = simulator_token(simulator)
    url = f"{simulator.api_url}/compute/instances"
    connection = {
        "api_url": simulator.api_url,
        "token_url": simulator.token_url,
        "client_id": "demo",
        "client_secret": "demo-secret",
    }
    cache = {
        "cache": True,
        "cache_plugin": "ansible.builtin.jsonfile",
        "cache_connection": str(folder / f"cache-{token[-8:]}"),
    }
    files: dict[str, dict[str, Any]] = {
        EMPTY: {"all": {}},
        OURS: {"plugin": "cegedim.cloud.itcare", **connection, **GROUPING},
        WARM: {"plugin": "cegedim.cloud.itcare", **connection, **GROUPING, **cache},
        UNGROUPED: {"plugin": "minimal", "url": url, "token": token},
        CONSTRUCTABLE: {
            "plugin": "minimal",
            "url": url,
            "token": token,
            "grouped": True,
            **GROUPING,
        },
    }
    if apis.cloud:
        files[PEER] = hcloud.options(apis.cloud.url)
    endings = {"cegedim.cloud.itcare": "itcare", hcloud.PLUGIN: "hcloud"}
    paths = {}
    for number, (what, content) in enumerate(files.items()):
        ending = endings.get(content.get("plugin", ""), "source")
        paths[what] = folder / f"{number}.{ending}.yml"
        paths[what].write_text(json.dumps(content))
    return paths


def simulator_token(simulator: Simulator) -> str:
    import requests

    answer = requests.post(
        simulator.token_url,
        auth=("demo", "demo-secret"),
        data={"grant_type": "client_credentials"},
        timeout=60,
    )
    return str(answer.json()["access_token"])


def static_file(bench: Bench, source: Path) -> Path:
    """What our plugin makes of the fleet, as a file of Ansible's own format."""
    command = [*bench.graph(source)[:-1], "--list", "--export"]
    listed = json.loads(
        subprocess.run(command, env=bench.env, check=True, capture_output=True).stdout
    )
    variables = listed.pop("_meta")["hostvars"]
    listed.pop("all")
    children: dict[str, Any] = {
        name: {"hosts": {host: {} for host in group.get("hosts", [])}}
        for name, group in listed.items()
    }
    path = bench.folder / "static.json"
    path.write_text(json.dumps({"all": {"hosts": variables, "children": children}}))
    return path


@contextmanager
def fleet(size: int, latency: float) -> Iterator[Apis]:
    apis = Apis(Simulator(instances=size, seed=1))
    try:
        # The floors have one token, for hours on a busy machine.
        apis.simulator.settings(latency=latency, token_lifetime=86_400)
        if latency == 0 and size <= LARGEST_FOR_FLOORS and hcloud.is_installed():
            apis.cloud = hcloud.HetznerCloud(size)
        yield apis
    finally:
        apis.simulator.stop()
        if apis.cloud:
            apis.cloud.stop()


def jobs_for(bench: Bench, apis: Apis, size: int, latency: float) -> dict[str, list[str]]:
    """What is measured, by line."""
    paths = sources(bench.folder, apis)
    jobs = {OURS: bench.graph(paths[OURS])}
    if latency:
        return jobs
    subprocess.run(bench.graph(paths[WARM]), env=bench.env, check=True, stdout=subprocess.DEVNULL)
    url, token = f"{apis.simulator.api_url}/compute/instances", simulator_token(apis.simulator)
    jobs[EMPTY] = bench.graph(paths[EMPTY])
    jobs[WARM] = bench.graph(paths[WARM])
    jobs[DOWNLOAD] = [sys.executable, str(bench.folder / "download.py"), url, token]
    if size <= LARGEST_FOR_FLOORS:
        jobs[STATIC] = bench.graph(static_file(bench, paths[OURS]))
        jobs[UNGROUPED] = bench.graph(paths[UNGROUPED])
        jobs[CONSTRUCTABLE] = bench.graph(paths[CONSTRUCTABLE])
    if apis.cloud:
        jobs[PEER] = bench.graph(paths[PEER])
    return jobs


def run(sizes: list[int], latencies: list[float], rounds: int) -> Bench:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "minimal.py").write_text(MINIMAL_PLUGIN.replace("\\\\", "\\"))
        (folder / "download.py").write_text(PLAIN_DOWNLOAD)
        bench = Bench(folder, rounds)
        print(f"ansible-core {ansible_core}, Python {platform.python_version()}")
        print(f"{'':>7} {'':>8}  {'':<44} {'wall s':>8} {'CPU s':>8} {'peak MB':>8} {'asked':>6}")
        for size in sizes:
            for latency in latencies:
                with fleet(size, latency) as apis:
                    bench.measure(jobs_for(bench, apis, size, latency), apis, size, latency)
        return bench


def verdicts(bench: Bench, workers: int = 4, page: int = 200) -> Iterator[tuple[str, float, float]]:
    """(claim, measured, at most) for what was measured."""
    for size in sorted({line.instances for line in bench.lines}):
        ours, empty = bench.of(OURS, size), bench.of(EMPTY, size)
        static, ungrouped = bench.of(STATIC, size), bench.of(UNGROUPED, size)
        constructable, download = bench.of(CONSTRUCTABLE, size), bench.of(DOWNLOAD, size)
        peer = bench.of(PEER, size)
        if size == 10_000 and ours and empty and download:
            yield "CPU, 10,000: ours / empty + download", ours.cpu / (empty.cpu + download.cpu), 1.6
        if size == 10_000 and ours and peer:
            yield "CPU, 10,000: ours / hetzner.hcloud", ours.cpu / peer.cpu, 1 / 12
        if size == 10_000 and ours and empty and static and ungrouped and constructable:
            own = ours.cpu - empty.cpu
            yield "CPU, 10,000: ours / static file", ours.cpu / static.cpu, 0.65
            yield "CPU, 10,000: ours / no grouping, both less empty", own / (
                ungrouped.cpu - empty.cpu
            ), 1.0
            yield "CPU, 10,000: ours / Constructable, both less empty", own / (
                constructable.cpu - empty.cpu
            ), 0.2
        slow = bench.of(OURS, size, 0.05)
        if size == 10_000 and ours and slow:
            waiting = slow.latency * (size / page) / workers
            yield "wall, 10,000, 50 ms: measured / expected", slow.wall / (
                ours.wall + waiting
            ), 1.15
        smaller = bench.of(OURS, size // 10)
        if size == 100_000 and ours and smaller:
            yield "CPU: 100,000 / 10,000", ours.cpu / smaller.cpu, 11.0
            yield "peak memory: 100,000 / 10,000", ours.peak_mb / smaller.peak_mb, 11.0
            yield "peak memory, 100,000, MB", ours.peak_mb, 4096.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[100, 1_000, 10_000, 100_000])
    parser.add_argument(
        "--latencies", type=float, nargs="+", default=[0.0, 0.05], help="seconds per request"
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--json",
        type=Path,
        help="file for the figures",
        default=Path("tests/output/inventory.json"),
    )
    options = parser.parse_args()
    bench = run(options.sizes, options.latencies, options.rounds)
    failed = 0
    found = []
    for claim, measured, most in verdicts(bench):
        failed += measured > most
        found.append({"claim": claim, "measured": round(measured, 3), "at_most": most})
        print(
            f"{claim:<56} {measured:>8.3f}  at most {most:.3g}{'' if measured <= most else '  NOT MET'}"
        )
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(
        json.dumps(
            {
                "ansible_core": ansible_core,
                "python": platform.python_version(),
                "lines": [asdict(line) for line in bench.lines],
                "claims": found,
            },
            indent=2,
        )
        + "\n"
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
