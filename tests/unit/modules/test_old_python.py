# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A target whose Python is too old is told so, instead of a SyntaxError or TypeError of ours."""

from __future__ import annotations

import ast
import json
import shutil
import subprocess
from pathlib import Path

import pytest
from ansible import __version__ as ansible_version
from ansible_collections.cegedim.cloud.plugins.module_utils.old_python import refuse_old_python
from support.inventory import run_ansible, said

PLUGINS = Path(__file__).resolve().parents[3] / "plugins"
MODULES = sorted(PLUGINS.glob("modules/*.py"))
CHECK = PLUGINS / "module_utils" / "old_python.py"
SENTENCE = "This module needs Python 3.10 or newer, and runs with Python "


@pytest.mark.parametrize("version", [(3, 6), (3, 8), (3, 9)])
def test_too_old(version: tuple[int, int], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        refuse_old_python(version)
    result = json.loads(capsys.readouterr().out)
    assert (ended.value.code, result["failed"]) == (1, True)
    assert result["msg"].startswith(f"{SENTENCE}{version[0]}.{version[1]} (")
    assert "delegate_to: localhost" in result["msg"]


@pytest.mark.parametrize("version", [(3, 10), (3, 14), (4, 0)])
def test_new_enough(version: tuple[int, int], capsys: pytest.CaptureFixture[str]) -> None:
    refuse_old_python(version)
    assert not capsys.readouterr().out


@pytest.mark.parametrize("path", [*MODULES, CHECK], ids=lambda path: path.stem)
def test_an_old_python_can_read_it(path: Path) -> None:
    """What is compiled before the check; Python 3.6 doesn't know the future of annotations."""
    text = path.read_text(encoding="utf-8")
    ast.parse(text, feature_version=(3, 6))
    assert "from __future__" not in text


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_it_is_checked_before_anything_else_is_imported(path: Path) -> None:
    code = [
        node
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if not isinstance(node, ast.Assign)  # the documentation
    ]
    assert ast.unparse(code[0]).endswith("module_utils.old_python import refuse_old_python")
    assert ast.unparse(code[1]) == "refuse_old_python()"


RELEASE = ".".join(ansible_version.split(".")[:2])
# The oldest Python of a target with which Ansible itself still works.
OLDEST = {"2.16": 6, "2.17": 7, "2.18": 8, "2.19": 8}.get(RELEASE, 9)
OLD = [f"python3.{minor}" for minor in (6, 8, 9) if minor >= OLDEST]


def works(name: str) -> bool:
    """Whether it is there; the shims of pyenv are, and fail."""
    python = shutil.which(name)
    return python is not None and not subprocess.run([python, "-c", ""], check=False).returncode


@pytest.mark.parametrize("name", [name for name in OLD if works(name)])
def test_with_an_old_python(name: str, tmp_path: Path) -> None:
    done = run_ansible(
        "ansible", tmp_path, "localhost", "-m", "cegedim.cloud.itcare_action_info",
        "-e", f"ansible_python_interpreter={shutil.which(name)}",
    )  # fmt: skip
    assert done.returncode != 0
    assert f"{SENTENCE}{name.removeprefix('python')}" in said(done)
    assert "delegate_to: localhost" in said(done)
