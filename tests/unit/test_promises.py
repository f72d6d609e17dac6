# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guide to what is promised under failure: each promise names tests that hold it, and these are there."""

from __future__ import annotations

import re

import pytest
from support.guides import ROOT
from support.named_tests import is_there, named_tests

PAGE = ROOT / "docs" / "docsite" / "rst" / "guide_failures.rst"
TEXT = PAGE.read_text(encoding="utf-8")
MAP = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
# A row: its promise, and what holds it.
ROWS = re.findall(r"^  \* - (.+?)\n    - (.+?)(?=\n  \* -|\n\n|\Z)", TEXT, re.M | re.S)
PROMISES = [(" ".join(promise.split()), tests) for promise, tests in ROWS if promise != "Promise"]


@pytest.mark.parametrize(("file", "test"), named_tests(TEXT))
def test_a_test_that_is_named_is_there(file: str, test: str) -> None:
    assert is_there(file, test)


@pytest.mark.parametrize(("promise", "held_by"), PROMISES, ids=[row[0][:60] for row in PROMISES])
def test_each_promise_is_held(promise: str, held_by: str) -> None:
    """By tests that are named, one on each line, and by nothing else."""
    assert promise.endswith(".")
    lines = [line.strip() for line in held_by.splitlines()]
    assert lines
    assert [line for line in lines if not re.fullmatch(r"\| ``[\w/]+\.py::test_\w+``", line)] == []


def test_every_row_is_read() -> None:
    """Or else the tests above would hold nothing."""
    rows = [line for line in TEXT.splitlines() if line.startswith("  * - ")]
    assert len(PROMISES) == len(rows) - TEXT.count("list-table")
    assert len(PROMISES) > 25


def test_the_safety_rules_are_promised() -> None:
    """What holds a rule of the map holds a promise, too."""
    assert set(named_tests(MAP)) - set(named_tests(TEXT)) == set()


@pytest.mark.parametrize(
    ("file", "test", "there"),
    [
        ("test_promises.py", "test_every_row_is_read", True),
        ("test_promises.py", "test_that_was_renamed", False),
        ("test_promises.py", "named_tests", False),
        ("test_that_is_gone.py", "test_every_row_is_read", False),
    ],
)
def test_what_is_gone_is_noticed(file: str, test: str, there: bool) -> None:
    assert is_there(file, test) is there


def test_who_reports_a_vulnerability_finds_the_page() -> None:
    security = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    assert "docs/docsite/rst/guide_failures.rst" in security
