# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""docs/architecture.md leads somewhere: the files and tests that it names are there, and its Python runs as printed."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest
from support.guides import ROOT, blocks
from support.inventory import COLLECTIONS
from support.named_tests import is_there, named_tests
from support.simulator import Simulator

PAGE = ROOT / "docs" / "architecture.md"
TEXT = PAGE.read_text(encoding="utf-8")
# Paths in which X is any resource, and … the folder of module_utils; test_references.py looks for the others.
NAMED = sorted(set(re.findall(r"…/[\w/]+(?:\.py)?|[\w/]+_X\.py", TEXT)))
TESTS = named_tests(TEXT)
RULES = re.findall(r"^\| (\d)\. .*$", TEXT, re.M)


@pytest.mark.parametrize("name", NAMED)
def test_a_file_that_is_named_is_there(name: str) -> None:
    assert list(ROOT.glob(name.replace("…", "plugins/module_utils").replace("X", "*")))


@pytest.mark.parametrize(("file", "test"), TESTS)
def test_a_test_that_is_named_is_there(file: str, test: str) -> None:
    assert is_there(file, test)


def test_each_safety_rule_names_its_tests() -> None:
    assert RULES == list("12345678")
    rows = [line for line in TEXT.splitlines() if re.match(r"\| \d\. ", line)]
    assert all("::test_" in row.split("|")[2] for row in rows)


def test_enough_is_named() -> None:
    """Or else the tests above would hold nothing."""
    assert len(NAMED) > 5
    assert len(TESTS) > 10


def test_the_client_as_a_library(simulator: Simulator) -> None:
    (example,) = [block.text for block in blocks(PAGE) if block.language == "python"]
    options = simulator.options()
    names = ("api_url", "token_url", "client_id", "client_secret")
    kept = {k: v for k, v in os.environ.items() if not k.startswith("ITCARE_")}
    given = {f"ITCARE_{name.upper()}": options[name] for name in names}
    done = subprocess.run(
        [sys.executable, "-c", example],
        env={**kept, **given, "PYTHONPATH": str(COLLECTIONS)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    counted, would_be_done = done.stdout.splitlines()
    assert re.fullmatch(r"[1-9]\d* instances", counted)
    assert "create snapshot" in would_be_done
    assert not simulator.writes()
