# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What `make test` runs: nox sessions side by side, which nox itself can't, and at the end what ran and how long it took.

Arguments: names of sessions, or ``lint`` for the checks of the sources; everything if there are none.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache"
NOX = Path(sys.executable).with_name("nox")

LINT = [
    "typing",
    "ansible-lint",
    "docs-check",
    "build-import-check",
    "formatters",
    "codeqa",
    "yamllint",
    "antsibull-nox-config",
    "extra-checks",
    "license-check",
    "changelog",
]
# The long ones first, so that none is left running alone at the end.
EVERYTHING = [
    "scenarios-2.18",
    "scenarios-2.21",
    "sanity-2.16",
    "sanity-2.21",
    "units-2.16",
    "units-2.17",
    "units-2.18",
    "units-2.19",
    "units-2.20",
    "units-2.21",
    "build",
    "demo",
    "docs",
    *LINT,
]
# What runs instead where the first one's Python is missing.
STAND_INS = {"scenarios-2.21": "scenarios-2.19", "sanity-2.21": "sanity-2.19"}
SIDE_BY_SIDE = min(os.cpu_count() or 1, 4)
# Everything that says what a session installs.
REQUIREMENTS = [
    "noxfile.py",
    "antsibull-nox.toml",
    "requirements.txt",
    "tests/unit/requirements.txt",
]


@dataclass
class Outcome:
    """How a session ended."""

    name: str
    result: str  # passed, failed, not run
    seconds: float
    reason: str = ""


def fingerprint() -> str:
    """What the sessions install, as a short text."""
    files = [*map(ROOT.joinpath, REQUIREMENTS), *ROOT.glob("roles/*/files/requirements.txt")]
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()


def run(name: str, installed: str) -> Outcome:
    """Run one session in a nox of its own; its output goes to a file."""
    stamp, log, report = (CACHE / kind / name for kind in ("installed", "logs", "reports"))
    for path in (stamp, log, report):
        path.parent.mkdir(parents=True, exist_ok=True)
    report.unlink(missing_ok=True)
    # Nothing is installed again unless what is to be installed has changed.
    up_to_date = stamp.exists() and stamp.read_text() == installed
    start = time.monotonic()
    with log.open("w") as output:
        code = subprocess.run(
            [NOX, "--no-color", "-s", name, "--report", report, *(["-R"] if up_to_date else [])],
            cwd=ROOT,
            # Here the formatters only check; that is what CI=true tells them.
            env={**os.environ, "NO_COLOR": "1", **({"CI": "true"} if name == "formatters" else {})},
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        ).returncode
    seconds = time.monotonic() - start
    text = log.read_text(errors="replace")
    results = json.loads(report.read_text())["sessions"] if report.exists() else []
    if code == 0 and [session["result"] for session in results] == ["skipped"]:
        found = re.search(r"skipped: (.*?)\.?(?: \(took .*)?$", text, re.MULTILINE)
        reason = found[1] if found else "see its output"
        # Whoever runs CI has to provide what the tests need.
        return Outcome(name, "failed" if os.environ.get("CI") else "not run", seconds, reason)
    if re.search("^nox > Skipping", text, re.MULTILINE):
        # antsibull-nox only remarks on what it could not run.
        return Outcome(name, "failed", seconds, "a part of it was skipped")
    if code == 0 and results and all(session["result"] == "success" for session in results):
        stamp.write_text(installed)
        return Outcome(name, "passed", seconds)
    return Outcome(name, "failed", seconds, f"exit status {code}")


def run_or_stand_in(name: str, installed: str) -> list[Outcome]:
    """Run one session, and another one if that can't be."""
    outcomes = [run(name, installed)]
    if outcomes[0].result == "not run" and name in STAND_INS:
        outcomes.append(run(STAND_INS[name], installed))
    return outcomes


def main(arguments: list[str]) -> int:
    """Run the sessions asked for, and return the exit status."""
    names = LINT if arguments == ["lint"] else arguments or EVERYTHING
    installed = fingerprint()
    start = time.monotonic()
    print(f"{len(names)} sessions, {SIDE_BY_SIDE} at a time; output in .cache/logs", flush=True)
    pool = ThreadPoolExecutor(SIDE_BY_SIDE)
    jobs = [pool.submit(run_or_stand_in, name, installed) for name in names]
    try:
        for job in as_completed(jobs):
            for outcome in job.result():
                if outcome.result == "failed":
                    print(f"\n===== {outcome.name}: its output =====")
                    print((CACHE / "logs" / outcome.name).read_text(errors="replace"))
                print(f"{outcome.result:8} {outcome.name}  {outcome.seconds:.0f} s", flush=True)
    finally:
        pool.shutdown(cancel_futures=True)  # of use after Ctrl+C: else the rest would still run
    outcomes = [outcome for job in jobs for outcome in job.result()]
    print("\nsession               result     seconds")
    for outcome in outcomes:
        reason = f"  ({outcome.reason})" if outcome.reason else ""
        print(f"{outcome.name:20}  {outcome.result:8}  {outcome.seconds:8.1f}{reason}")
    print(f"{'all':20}  {'':8}  {time.monotonic() - start:8.1f}")
    count = {
        result: sum(outcome.result == result for outcome in outcomes)
        for result in ("passed", "failed", "not run")
    }
    print(f"{count['not run']} not run" if count["not run"] else "everything was run")
    print(f"{count['passed']} passed, {count['failed']} failed")
    return 1 if count["failed"] or not count["passed"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
