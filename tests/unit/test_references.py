# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What comments and documents point to is there: files, sections of documents, rules in them, labels of the guides.

A section of a document is cited as `docs/NAME.md#anchor`, one of a list in it as `rule 7 of docs/NAME.md#anchor`.
"""

from __future__ import annotations

import ast
import functools
import io
import itertools
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
THIS = Path(__file__).resolve()  # holds citations that are made up
FOLDERS = ("docs", "plugins", "tests", "roles", "extensions", "playbooks", "meta", ".ci")
ENDS = (".md", ".rst", ".py", ".yml", ".yaml", ".json", ".toml", ".cfg", ".txt")
IGNORED = {"__pycache__", "_build", "output", ".pytest_cache", ".hypothesis"}
# Names of what is made while tests run, and of what must not be there.
NOT_THERE = ("tests/output/", "tests/sanity/ignore-")

MADE = ("docs/_build",)

_END = r"\.(?:md|rst|py|ya?ml|json|toml|cfg|txt)\b"
_FULL_PATH = re.compile(
    rf"(?<![\w./}}-])(?:{'|'.join(map(re.escape, FOLDERS))})/[\w./*-]+?{_END}(?:#[\w-]+)?"
)
_ANY_PATH = re.compile(r"(?<![\w./*}-])[\w-][\w./-]*\.(?:md|rst|py)\b(?:#[\w-]+)?")
_LINK = re.compile(r"\]\((?!\w+:)([^()\s]+)\)")
_FOLDER = re.compile(rf"`((?:{'|'.join(map(re.escape, FOLDERS))})(?:/[\w.-]+)+)/?`")
# A name that is said to be in a file: `NAME` in `path`, `NAME` of [words](path).
_DEFINED = re.compile(r"`(\w+)` (?:in|of) (?:`([\w/.…-]+\.py)`|\[[^\]]*\]\(([\w/.-]+\.py)\))")
_LABEL = re.compile(r"ansible_collections\.cegedim\.cloud\.docsite\.\w+(?:\.\w+)*")
_NUMBERED = re.compile(
    r"\b(?:rules?|sections?) (\d+(?:(?:, | and | to )\d+)*)(?: of (\S+?\.md#[\w-]+))?"
)
_WITHOUT_SOURCE = re.compile(r"\bcontract, sections?\b|\bseeds? 0\d\d\b|(?<!by )\bdesign, ", re.I)
_ANY_NAME = re.compile(r"(?:^|[/_])(?:NAME|X)\.")  # stands for any: itcare_X.py
_HEADING = re.compile(r"(#+) +(.+)")


class Tree:
    """The files of a checkout that may cite and be cited."""

    def __init__(self, root: Path) -> None:
        self.root = root
        found = [path for path in root.glob("*") if path.is_file()]
        for folder in FOLDERS:
            found += [path for path in root.glob(f"{folder}/**/*") if path.is_file()]
        self.files = {
            path.relative_to(root).as_posix(): path
            for path in sorted(found)
            if not IGNORED & set(path.relative_to(root).parts)
        }

    @functools.cached_property
    def labels(self) -> frozenset[str]:
        """What the guides can be referred to by."""
        guides = [path for name, path in self.files.items() if name.endswith(".rst")]
        return frozenset(
            label
            for path in guides
            for label in re.findall(r"^\.\. _(\S+):$", path.read_text(), re.M)
        )

    def ending_with(self, name: str) -> list[str]:
        """The files that a path, or the end of one, means."""
        if "*" in name:
            return [self.name_of(path) for path in self.root.glob(name)]
        return [known for known in self.files if f"/{known}".endswith(f"/{name}")]

    def name_of(self, path: Path) -> str:
        return path.relative_to(self.root).as_posix()

    def problems(self) -> Iterator[str]:
        for name, path in self.files.items():
            if path != THIS and name.endswith(ENDS):
                for line, what in self.problems_of(path):
                    yield f"{name}:{line}: {what}"

    def problems_of(self, path: Path) -> Iterator[tuple[int, str]]:
        text = path.read_text(encoding="utf-8")
        lines = text.splitlines()
        prose = _prose(text) if path.suffix == ".py" else lines
        for number, (line, said) in enumerate(zip(lines, prose, strict=True), 1):
            found = self._in_any_text(line)
            if path.suffix in (".md", ".rst", ".py"):
                found = itertools.chain(found, self._in_prose(said, path))
            if path.suffix == ".md":
                more = self._in_links(line, path), self._folders(line), self._defined(line, path)
                found = itertools.chain(found, *more)
            for what in found:
                yield number, what

    def _in_any_text(self, line: str) -> Iterator[str]:
        """Citations that are such wherever they stand, in strings of a program, too."""
        for cited in _FULL_PATH.findall(line):
            yield from self._check_path(cited)
        for label in _LABEL.findall(line):
            if label not in self.labels:
                yield f"{label}: no guide has this label"
        if found := _WITHOUT_SOURCE.search(line):
            yield f"'{found[0].strip()}' is no document of this repository"

    def _in_prose(self, line: str, path: Path) -> Iterator[str]:
        """The end of a path, and numbers of rules."""
        for cited in _ANY_PATH.findall(line):
            if not _FULL_PATH.fullmatch(cited) and cited not in _LINK.findall(line):
                yield from self._check_path(cited, near=path)
        for found in _NUMBERED.finditer(line):
            if found[2]:
                yield from self._check_numbers(found[1], found[2])
            elif path.suffix == ".py" and not _WITHOUT_SOURCE.search(line):
                yield f"'{found[0]}' of which document?"

    def _in_links(self, line: str, path: Path) -> Iterator[str]:
        for target in _LINK.findall(line):
            name, _hash, anchor = target.partition("#")
            linked = (path.parent / name).resolve() if name else path
            if not linked.exists():
                yield f"{target}: the link leads nowhere"
            elif anchor and anchor not in _anchors(linked):
                yield f"{target}: there is no such section"

    def _folders(self, line: str) -> Iterator[str]:
        for cited in _FOLDER.findall(line):
            made_up = cited.startswith(MADE) or _ANY_NAME.search(cited)
            if not made_up and not (self.root / cited).exists():
                yield f"{cited}: no such folder"

    def _defined(self, line: str, path: Path) -> Iterator[str]:
        for name, cited, linked in _DEFINED.findall(line):
            if linked:
                files = [(path.parent / linked).resolve()]
            else:
                known = self.ending_with(cited.replace("…", "plugins/module_utils"))
                files = [self.files[found] for found in known]
            if not any(name in _defined_in(file) for file in files if file.exists()):
                yield f"{name}: {cited or linked} doesn't define it"

    def _check_path(self, cited: str, near: Path | None = None) -> Iterator[str]:
        """`near`: where a plugin or role has the end of a path, it means a file of its own part of the tree, or a document."""
        name, _hash, anchor = cited.partition("#")
        if name.startswith(NOT_THERE) or _ANY_NAME.search(name):
            return
        found = self.ending_with(name)
        if near is not None and (part := self.name_of(near).split("/")[0]) in ("plugins", "roles"):
            found = [known for known in found if known.split("/")[0] in (part, "docs", known)]
        if not found:
            yield f"{name}: no such file"
        elif anchor and not any(anchor in _anchors(self.files[known]) for known in found):
            yield f"{cited}: {name} has no such section"

    def _check_numbers(self, numbers: str, cited: str) -> Iterator[str]:
        name, _hash, anchor = cited.partition("#")
        for known in self.ending_with(name):
            section = _section(self.files[known], anchor)
            for item in re.findall(r"\d+", numbers):
                if not re.search(rf"^\W*(?:rule )?{item}\b", section, re.M | re.I):
                    yield f"{cited} has no number {item}"


def _defined_in(path: Path) -> set[str]:
    """The names that a Python file defines, not those that it imports."""
    found = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        targets = getattr(node, "targets", [getattr(node, "target", node)])
        found |= {getattr(target, "id", getattr(target, "name", "")) for target in targets}
    return found


def _prose(source: str) -> list[str]:
    """The lines of a Python file, without what is neither comment nor docstring."""
    lines = source.splitlines()
    kept = [""] * len(lines)
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            kept[token.start[0] - 1] = token.string
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            place = slice(node.lineno - 1, node.end_lineno)
            kept[place] = lines[place]
    return kept


def _headings(path: Path) -> Iterator[tuple[int, int, str]]:
    """Line, level and title of each heading of a Markdown file, not those within code."""
    code = False
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines()):
        code ^= line.lstrip().startswith("```")
        if not code and (found := _HEADING.fullmatch(line)):
            yield number, len(found[1]), found[2]


def _slug(title: str) -> str:
    """What a heading can be linked by, as GitHub makes it."""
    text = re.sub(r"<[^>]*>", "", title).strip().lower()
    return re.sub(r"[^\w\- ]", "", text).replace(" ", "-")


def _anchors(path: Path) -> set[str]:
    if path.suffix != ".md":
        return set()
    explicit = set(re.findall(r'<a id="([\w-]+)"></a>', path.read_text(encoding="utf-8")))
    return explicit | {_slug(title) for _line, _level, title in _headings(path)}


def _section(path: Path, anchor: str) -> str:
    """The text of a section, those below it included."""
    lines = path.read_text(encoding="utf-8").splitlines()
    headings = list(_headings(path))
    for place, (start, level, title) in enumerate(headings):
        if anchor == _slug(title) or f'<a id="{anchor}">' in "".join(
            lines[max(0, start - 2) : start + 1]
        ):
            ends = [line for line, other, _title in headings[place + 1 :] if other <= level]
            return "\n".join(lines[start : ends[0] if ends else len(lines)])
    return ""


def test_nothing_dangles() -> None:
    assert list(Tree(ROOT).problems()) == []


def test_all_is_looked_at() -> None:
    names = Tree(ROOT).files
    assert len(names) > 200
    assert {
        "README.md",
        "CONTRIBUTING.md",
        "noxfile.py",
        "docs/api.md",
        "docs/docsite/rst/guide_inventory.rst",
        "extensions/molecule/config.yml",
        "playbooks/demo.yml",
        "plugins/doc_fragments/itcare.py",
        "plugins/module_utils/api/client.py",
        "roles/simulator/README.md",
        "roles/simulator/files/itcare_simulator/__init__.py",
        "tests/support/simulator.py",
    } <= set(names)


# -- the check itself, on a checkout that is made up ----------------------------------------------------------------

HOUSE = """# The house

## Safety rules

1. Nothing is lost.
2. Nothing is done twice.

### Why

| 3 | is explained |

## 2. Speed: how much? <a id="speed"></a>

```
## No heading
```

4. fast
"""
GUIDE = ".. _ansible_collections.cegedim.cloud.docsite.guide_x:\n\n.. _ansible_collections.cegedim.cloud.docsite.guide_x.more:\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, text in {
        "docs/house.md": HOUSE,
        "docs/docsite/rst/guide_x.rst": GUIDE,
        "plugins/module_utils/api/pages.py": "",
        "tests/support/x.py": "",
        ".ci/run.py": "",
        "README.md": "",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def problems(root: Path, name: str, text: str) -> list[str]:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return [what for _line, what in Tree(root).problems_of(path)]


@pytest.mark.parametrize(
    "text",
    [
        "docs/house.md",
        "see docs/house.md#safety-rules, and (docs/house.md#speed).",
        "docs/house.md#2-speed-how-much",
        "docs/house.md#why",
        "rules 1 and 3 of docs/house.md#safety-rules",
        "rule 4 of docs/house.md#speed",
        "tests/support/x.py tests/support/*.py tests/*/x.py",
        ".ci/run.py, (.ci/run.py)",
        "pages.py, api/pages.py, module_utils/api/pages.py",
        "guide_x.rst, README.md",
        "R(the guide, ansible_collections.cegedim.cloud.docsite.guide_x.more).",
        "so by design, and a seed of 1",
        "tests/output/made.json",
        "https://example.org/docs/other.md#there and /etc/other.py",
        "docs/….md, docs/….md#anchor, docs/NAME.md#anchor, plugins/modules/itcare_X.py",
    ],
)
def test_what_is_there(root: Path, text: str) -> None:
    assert problems(root, "plugins/code.py", f'"""{text}"""\n# {text}\n') == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("docs/hose.md", "no such file"),
        ("docs/hose.md#speed", "no such file"),
        ("docs/house.md#rules", "no such section"),
        ("docs/house.md#no-heading", "no such section"),
        ("plugins/module_utils/api/pages.py#speed", "no such section"),
        ("rule 4 of docs/house.md#safety-rules", "no number 4"),
        ("rules 2 and 5 of docs/house.md#safety-rules", "no number 5"),
        ("rule 7", "of which document?"),
        ("(section 3)", "of which document?"),
        ("tests/support/y.py", "no such file"),
        ("tests/support/y*.py", "no such file"),
        (".ci/walk.py", "no such file"),
        ("page.py", "no such file"),
        ("x.py", "no such file"),
        ("planning/pages.py", "no such file"),
        ("guide_y.rst", "no such file"),
        ("ansible_collections.cegedim.cloud.docsite.guide_y", "no guide has this label"),
        ("ansible_collections.cegedim.cloud.docsite.guide_x.les", "no guide has this label"),
        ("(contract, section 5)", "is no document"),
        ("from the contract, sections 5", "is no document"),
        ("seed 001", "is no document"),
        ("design, rule", "is no document"),
    ],
)
@pytest.mark.parametrize(
    "form", ['"""{}"""\n', "x = 1  # {}\n", 'def f():\n    """F.\n\n    {}\n    """\n']
)
def test_what_dangles(root: Path, text: str, problem: str, form: str) -> None:
    found = problems(root, "plugins/code.py", form.format(text))
    assert found
    assert problem in " ".join(found)


def test_code_is_looked_at_for_full_paths_only(root: Path) -> None:
    assert problems(root, "plugins/code.py", 'PATH = folder / "other.py"\n') == []
    assert problems(root, "plugins/code.py", 'PATH = "tests/support/y.py"\n') != []


@pytest.mark.parametrize(
    "name", ["docs/docsite/rst/guide_z.rst", "roles/a/tasks/main.yml", "CONTRIBUTING.md"]
)
def test_files_of_every_kind(root: Path, name: str) -> None:
    assert problems(root, name, "# see docs/house.md#speed\n") == []
    assert problems(root, name, "# see docs/house.md#sped\n") != []


@pytest.mark.parametrize(
    ("name", "target", "right"),
    [
        ("README.md", "docs/house.md#speed", True),
        ("README.md", "docs/house.md#sped", False),
        ("README.md", "docs/docsite/rst/guide_x.rst", True),
        ("README.md", "docs/docsite/rst/guide_y.rst", False),
        ("docs/other.md", "house.md#why", True),
        ("docs/other.md", "../plugins/module_utils/api/pages.py", True),
        ("docs/other.md", "../plugins/pages.py", False),
        ("docs/other.md", "../tests/support", True),
        ("docs/other.md", "#here", True),
        ("docs/other.md", "#there", False),
        ("docs/other.md", "https://example.org/there.md#x", True),
    ],
)
def test_links(root: Path, name: str, target: str, right: bool) -> None:
    assert (problems(root, name, f"# Here\n\n[words]({target})\n") == []) is right


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("`LIMIT` in `plugins/module_utils/api/times.py`", True),
        ("`LIMIT` in `…/api/times.py`", True),
        ("`parse` of [it](plugins/module_utils/api/times.py)", True),
        ("`ROUNDS` in `times.py`", True),
        ("`parse` in `plugins/module_utils/api/pages.py`", False),
        ("`re` in [times.py](plugins/module_utils/api/times.py)", False),
        ("`limit` in `times.py`", False),
        ("`plugins/module_utils/api`, `tests/support/`", True),
        ("`plugins/module_utils/apis`", False),
    ],
)
def test_names_and_folders(root: Path, text: str, right: bool) -> None:
    source = "import re\nLIMIT = 1\nROUNDS: int = 2\ndef parse(): ...\n"
    (root / "plugins/module_utils/api/times.py").write_text(source)
    assert (problems(root, "README.md", text + "\n") == []) is right


def test_where(root: Path) -> None:
    (root / "plugins/code.py").write_text("\n\nX = 1  # docs/hose.md\n")
    assert list(Tree(root).problems()) == ["plugins/code.py:3: docs/hose.md: no such file"]
