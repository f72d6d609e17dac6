# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looks for secrets in all that a program leaves behind: what it prints, stores, asks for, and shows of its processes while it runs.

`watched(...)` runs a program and gives the `Evidence`; `leaks` compares it with the `Secret`s, in every form in which they may turn up.
"""

from __future__ import annotations

import base64
import contextlib
import fnmatch
import html
import io
import json
import os
import re
import subprocess
import threading
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, quote_plus

LONGEST_RUN = 300  # seconds; a program that takes longer hangs
PAUSE = 0.02  # seconds between two looks at the processes
CONTEXT = 80  # characters shown before a leak
PART = 10  # characters of a secret that are too many already

PRINTED, DISK, COMMAND, ENVIRONMENT, URL = "printed", "disk", "command line", "environment", "URL"
PLACES = (PRINTED, DISK, COMMAND, ENVIRONMENT, URL)


@dataclass(frozen=True)
class Secret:
    """`name` says what it is: `client secret`, `Basic header`."""

    name: str
    value: str


@dataclass(frozen=True)
class Leak:
    place: str
    where: str
    secret: str
    form: str
    before: str = field(compare=False)  # what stands before it

    def __str__(self) -> str:
        return f"{self.secret} ({self.form}) in {self.place}: {self.where}: …{self.before}…"


@dataclass(frozen=True)
class Allowed:
    """Where a secret may be: a place, a pattern of the files or programs there, and the names of the secrets."""

    place: str
    where: str
    secrets: frozenset[str]


def allowed(place: str, where: str, *secrets: str) -> Allowed:
    return Allowed(place, where, frozenset(secrets))


# -- the forms of a secret ------------------------------------------------------------------------------------------


def forms(value: str) -> dict[str, set[bytes]]:
    """Each form, and its spellings."""
    raw = value.encode()
    as_json = {json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]}
    found: dict[str, set[str]] = {
        "plain": {value},
        "beginning": {value[:PART]},
        "end": {value[-PART:]},
        "URL": {quote(value, safe=""), quote(value), quote_plus(value)},
        "JSON": as_json | {repr(value)[1:-1]},
        "JSON in JSON": {json.dumps(text)[1:-1] for text in as_json},
        "HTML": {html.escape(value), html.escape(value, quote=False)},
    }
    found["URL"] |= {re.sub("%..", lambda hit: hit[0].lower(), text) for text in found["URL"]}
    found["HTML"] |= {text.replace("&#x27;", "&#39;") for text in found["HTML"]}
    for shift in range(3):
        found[f"base64, {shift} before"] = {
            _within(encode(b"x" * shift + raw), shift, len(raw))
            for encode in (base64.b64encode, base64.urlsafe_b64encode)
        }
    return {name: {text.encode() for text in texts if text} for name, texts in found.items()}


def _within(encoded: bytes, before: int, length: int) -> str:
    """The characters of a base64 text that come of these bytes alone, whatever stands around them."""
    first, end = -(-before * 8 // 6), (before + length) * 8 // 6
    return encoded[first:end].decode()


# -- what a program leaves behind -----------------------------------------------------------------------------------


@dataclass
class Evidence:
    """What was seen. `folder`: all that the program may write to."""

    folder: Path
    seen: dict[tuple[str, str], set[bytes]] = field(default_factory=dict)
    root: int | None = None  # the process whose children are looked at
    _read: set[tuple[str, int, int]] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, place: str, where: str, content: bytes) -> None:
        with self._lock:
            known = self.seen.setdefault((place, where), set())
            # A log grows: its end is enough.
            known -= {old for old in known if content.startswith(old)}
            known.add(content)

    def names(self, place: str) -> list[str]:
        with self._lock:
            return sorted(where for known, where in self.seen if known == place)

    def look(self) -> None:
        """At the files and processes that there are now: a server calls this while the program waits for its answer."""
        self.look_at_files()
        self.look_at_processes()

    def look_at_files(self) -> None:
        for folder, _folders, files in os.walk(self.folder):
            self.add(DISK, "names", os.fsencode(f"{os.path.relpath(folder, self.folder)} {files}"))
            for path in (Path(folder, file) for file in files):
                with contextlib.suppress(OSError):  # it's gone again
                    state = path.stat()
                    version = (str(path), state.st_mtime_ns, state.st_size)
                    if version not in self._read:
                        self.add(DISK, str(path.relative_to(self.folder)), path.read_bytes())
                        self._read.add(version)

    def look_at_processes(self) -> None:
        for pid in _descendants(self.root) if self.root else []:
            with contextlib.suppress(OSError):
                command = Path(f"/proc/{pid}/cmdline").read_bytes()
                where = command.replace(b"\0", b" ").decode(errors="replace")[:600]
                self.add(COMMAND, where, command)
                self.add(ENVIRONMENT, where, Path(f"/proc/{pid}/environ").read_bytes())


def _descendants(root: int) -> list[int]:
    """The process and all that it started, as far as they live."""
    children: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            with contextlib.suppress(OSError, ValueError, IndexError):
                # after the name of the program, which may hold anything
                fields = Path(f"/proc/{entry}/stat").read_text().rpartition(")")[2].split()
                children.setdefault(int(fields[1]), []).append(int(entry))
    found, left = [], [root]
    while left:
        found.append(left.pop())
        left += children.get(found[-1], [])
    return found


def watched(
    command: list[str], evidence: Evidence, env: dict[str, str], cwd: Path
) -> subprocess.CompletedProcess[str]:
    """Runs a program to its end, and adds to the evidence what it prints, stores and shows of its processes."""
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(PAUSE):
            evidence.look_at_processes()

    with subprocess.Popen(
        command, env=env, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        evidence.root = process.pid
        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            out, err = process.communicate(timeout=LONGEST_RUN)
        finally:
            ended.set()
            watcher.join()
            evidence.root = None
            process.kill()
    evidence.add(PRINTED, "stdout", out.encode())
    evidence.add(PRINTED, "stderr", err.encode())
    evidence.look_at_files()
    return subprocess.CompletedProcess(command, process.returncode, out, err)


# -- the comparison -------------------------------------------------------------------------------------------------


def leaks(
    evidence: Evidence, secrets: Iterable[Secret], exceptions: Iterable[Allowed] = ()
) -> list[Leak]:
    """What of the secrets is where it may not be."""
    known = [
        (secret, form, texts) for secret in secrets for form, texts in forms(secret.value).items()
    ]
    exempt = list(exceptions)
    found = []
    for (place, where), contents in sorted(evidence.seen.items()):
        layers = b"\n".join(layer for content in contents for layer in layers_of(content))
        for secret, form, texts in known:
            if any(text in layers for text in texts) and not any(
                place == exception.place
                and secret.name in exception.secrets
                and fnmatch.fnmatchcase(where, exception.where)
                for exception in exempt
            ):
                first = min(layers.find(text) for text in texts if text in layers)
                before = layers[max(0, first - CONTEXT) : first].decode(errors="replace")
                found.append(Leak(place, where, secret.name, form, before))
    return found


def layers_of(content: bytes) -> Iterator[bytes]:
    """The content, and what is packed in it: our cache's zlib in base64, the archive in what Ansible starts a module with."""
    yield content
    for packed in re.findall(rb"[A-Za-z0-9+/\n]{100,}={0,2}", content):
        with contextlib.suppress(ValueError):
            decoded = base64.b64decode(packed)
            yield decoded
            yield from _unpacked(decoded)


def _unpacked(content: bytes) -> Iterator[bytes]:
    with contextlib.suppress(zlib.error):
        yield zlib.decompress(content)
    with contextlib.suppress(zipfile.BadZipFile), zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            yield name.encode()
            yield archive.read(name)
