# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The code blocks of README and guides, and the script that runs those of a page as they are printed.

A block that begins with a comment that is a file's name (`# play.yml`) is that file; one of commands is run where it
stands, its playbooks in check mode first. A block that can't be run has a comment before it that says why:
`.. not run: REASON` in the guides, `<!-- not run: REASON -->` in Markdown.

`python tests/support/guides.py` counts them.
"""

from __future__ import annotations

import os
import re
import shlex
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    ROOT / "README.md",
    *sorted(ROOT.glob("docs/docsite/rst/*.rst")),
    *sorted(ROOT.glob("roles/*/README.md")),
]
COMMANDS = ("console", "shell")
_FENCE = re.compile(r"( *)```(\w[\w+-]*)$")
_DIRECTIVE = re.compile(r"( *)\.\. code-block:: *(\S+)$")
_MARK = re.compile(r"(?:<!--|\.\.) not run: (\w.*?)(?: -->)?$")
_FILE = re.compile(r"[#;] ([\w./-]+\.\w+)$")


@dataclass(frozen=True)
class Block:
    """A code block: where it begins, and the reason why it isn't run, if there is one."""

    page: Path
    line: int
    language: str
    text: str
    reason: str | None

    @property
    def where(self) -> str:
        return f"{os.path.relpath(self.page, ROOT)}:{self.line}"

    @property
    def file(self) -> str | None:
        """The file that this block is."""
        found = _FILE.match(self.text.partition("\n")[0])
        return found[1] if found and self.language not in COMMANDS else None

    @property
    def commands(self) -> list[str]:
        """What is typed, without what is answered."""
        if self.language not in COMMANDS:
            return []
        lines = self.text.replace("\\\n", " ").splitlines()
        typed = [line[2:] for line in lines if line.startswith("$ ")] or lines
        return [line for line in typed if line.strip()]


def blocks(page: Path) -> list[Block]:
    """All of a page, in its order."""
    lines = page.read_text(encoding="utf-8").splitlines()
    found = []
    for number, line in enumerate(lines):
        begin = (_FENCE if page.suffix == ".md" else _DIRECTIVE).match(line)
        if begin:
            inside = _fenced if page.suffix == ".md" else _indented
            text = textwrap.dedent("\n".join(inside(lines[number + 1 :], begin[1]))).strip("\n")
            mark = _MARK.match(_paragraph_before(lines[:number]))
            found.append(Block(page, number + 1, begin[2], text + "\n", mark and mark[1]))
    return found


def _fenced(lines: list[str], indent: str) -> Iterator[str]:
    for line in lines:
        if line == f"{indent}```":
            return
        yield line


def _indented(lines: list[str], indent: str) -> Iterator[str]:
    for line in lines:
        if line.strip() and not line.startswith(f"{indent} "):
            return
        yield line


def _paragraph_before(lines: list[str]) -> str:
    """The last lines with text, as one."""
    text = "\n".join(lines).rstrip()
    return " ".join(text.rpartition("\n\n")[2].split())


def script(page: Path) -> str:
    """What a reader of the page does, for bash."""
    parts = ["set -e"]
    there = [block for block in blocks(page) if not block.reason]
    printed = {command for block in there for command in block.commands}
    for block in there:
        if block.file:
            folder = shlex.quote(str(Path(block.file).parent))
            parts.append(f"mkdir -p {folder}; cat > {block.file} <<'END OF FILE'")
            parts.append(f"{block.text}END OF FILE")
        for command in block.commands:
            runs = [command]
            in_check_mode = f"{command} --check --diff"
            if command.startswith("ansible-playbook ") and "--check" not in command:
                runs = [in_check_mode] * (in_check_mode not in printed) + runs
            for run in runs:
                parts += [f"echo {shlex.quote(f'>>> {block.where}: {run}')}", run]
    return "\n".join(parts) + "\n"


def forgotten(page: Path) -> list[str]:
    """The blocks that are neither run nor marked."""
    there = [block for block in blocks(page) if not block.reason]
    typed = "\n".join(command for block in there for command in block.commands)
    left = []
    for block in there:
        others = "\n".join(other.text for other in there if other.file and other is not block)
        # Used as a whole word by a command, by another file, or by Ansible itself.
        used = block.file == "ansible.cfg" or any(
            re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w-])", typed + others)
            for name in (block.file, str(Path(block.file or "").parent))
            if name and name != "."
        )
        if not block.commands and not used:
            left.append(block.where)
    return left


if __name__ == "__main__":
    every = [block for page in PAGES for block in blocks(page)]
    marked = [block for block in every if block.reason]
    for one in marked:
        print(f"{one.where} isn't run: {one.reason}")
    print(f"{len(every)} code blocks: {len(every) - len(marked)} run, {len(marked)} marked.")
