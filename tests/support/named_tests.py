# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests that documents name as what holds a promise: file and name, separated by two colons, below tests/unit."""

from __future__ import annotations

import ast
import re

from support.guides import ROOT

_NAMED = re.compile(r"`([\w/]+\.py)::(\w+)`")


def named_tests(text: str) -> list[tuple[str, str]]:
    """File and name of each."""
    return sorted(set(_NAMED.findall(text)))


def is_there(file: str, test: str) -> bool:
    path = ROOT / "tests" / "unit" / file
    if not test.startswith("test_") or not path.is_file():
        return False
    body = ast.parse(path.read_text(encoding="utf-8")).body
    return test in [node.name for node in body if isinstance(node, ast.FunctionDef)]
