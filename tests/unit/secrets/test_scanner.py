# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The scan for secrets finds what is planted: each secret, in each form, in each place. Or else its silence would mean nothing."""

from __future__ import annotations

import base64
import json
import os
import sys
import zlib
from pathlib import Path

import pytest
from support.secret_scan import (
    COMMAND,
    DISK,
    ENVIRONMENT,
    PLACES,
    PRINTED,
    URL,
    Evidence,
    Secret,
    allowed,
    forms,
    leaks,
    watched,
)
from support.simulator import Simulator
from support.witness import witness_of

SECRETS = [
    Secret("client secret", "kQ7vXw2LpZ/+&<\"é'>= %tR9mYb4NcJ"),
    Secret("access token", "eyJhbGciOi.JIUzI1NiIsInR5cCI6.kpXVCJ9-_x"),
    Secret("refresh token", "0f8fad5b-d9cb-469f-a165-70867728950e"),
    Secret("Basic header", base64.b64encode(b"demo:kQ7vXw2LpZ/+&").decode()),
]
FORMS = sorted(forms("x"))
# How a program puts argument 1 somewhere; `{url}` is a server that looks around when it is asked.
PLANT = {
    "stdout": (PRINTED, "print(text)"),
    "stderr": (PRINTED, "print(text, file=sys.stderr)"),
    "a traceback": (PRINTED, "raise RuntimeError(text)"),
    "a file in its home": (DISK, "open(os.environ['HOME'] + '/.x', 'w').write(text)"),
    "a file in its work folder": (DISK, "open('log', 'w').write('before ' + text)"),
    "a folder deep down": (DISK, "os.makedirs('a/b'); open('a/b/c', 'wb').write(b'\\xff' + text.encode())"),
    "a file that goes again": (DISK, "open('x', 'w').write(text); ask('/'); os.remove('x')"),
    "a file's name": (DISK, "[os.makedirs('n/' + part) for part in set(text.split(chr(1)))]"),
    "our cache": (DISK, "import json, zlib, base64; packed = base64.b64encode(zlib.compress(b'x' * 99 + text.encode() + os.urandom(99)))"
                        "; open('c', 'w').write(json.dumps({{'data': packed.decode()}}))"),
    "an archive": (DISK, "import zipfile, io, base64; file = io.BytesIO(); archive = zipfile.ZipFile(file, 'w'); archive.writestr('a', text)"
                         "; archive.close(); open('z', 'wb').write(base64.b64encode(file.getvalue()))"),
    "a command": (COMMAND, "import subprocess; subprocess.run([sys.executable, '-c', ask_source + \"ask('/')\", text])"),
    "an environment": (ENVIRONMENT, "import subprocess; subprocess.run([sys.executable, '-c', ask_source + \"ask('/')\"], env={{'X': text}})"),
    "a URL": (URL, "ask('/x?y=' + text)"),
}  # fmt: skip
PROGRAM = """
import os, sys
ask_source = '''
import http.client
def ask(path):
    connection = http.client.HTTPConnection({address!r})
    connection._validate_path = lambda path: None
    connection._encode_request = lambda request: request.encode()
    connection.request("GET", "/well" + path)
    connection.getresponse().read()
'''
exec(ask_source)
text = sys.stdin.read()
"""


def test_no_place_is_forgotten() -> None:
    assert {place for place, _code in PLANT.values()} == set(PLACES)
    assert len(FORMS) == 10


@pytest.mark.parametrize("way", PLANT)
def test_what_is_planted_is_found(simulator: Simulator, tmp_path: Path, way: str) -> None:
    place, code = PLANT[way]
    planted = {
        (secret.name, form): min(texts).decode()
        for secret in SECRETS
        for form, texts in forms(secret.value).items()
    }
    if way == "a file's name":
        planted = {what: text for what, text in planted.items() if "/" not in text}
    if way == "a URL":
        planted = {what: text for what, text in planted.items() if " " not in text}
    stdin = tmp_path / "stdin"
    stdin.write_text("\x01".join(planted.values()))
    with witness_of(simulator) as witness:
        program = PROGRAM.format(address=witness.url.removeprefix("http://")) + code.format()
        run = ["/bin/sh", "-c", 'exec "$0" -c "$1" < "$2"', sys.executable, program, str(stdin)]
        env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONUTF8": "1"}
        witness.evidence = evidence = Evidence(tmp_path)
        watched(run, evidence, env, tmp_path)
    exceptions = [allowed(DISK, "stdin", *(secret.name for secret in SECRETS))]
    found = {
        (leak.secret, leak.form)
        for leak in leaks(evidence, SECRETS, exceptions)
        if leak.place == place
    }
    assert set(planted) - found == set()
    assert len(planted) > 30


@pytest.mark.parametrize("form", FORMS)
def test_each_spelling_of_a_form_is_found(tmp_path: Path, form: str) -> None:
    for secret in SECRETS:
        for text in forms(secret.value)[form]:
            evidence = Evidence(tmp_path)
            evidence.add(PRINTED, "x", b"before" + text + b"behind")
            assert form in {leak.form for leak in leaks(evidence, SECRETS)}


@pytest.mark.parametrize("before", range(5))
def test_base64_of_more_than_the_secret(tmp_path: Path, before: int) -> None:
    """Whatever stands around it, in either alphabet."""
    for secret in SECRETS:
        whole = b"y" * before + secret.value.encode() + b"{}"
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            evidence = Evidence(tmp_path)
            evidence.add(PRINTED, "x", encode(whole))
            assert {leak.secret for leak in leaks(evidence, [secret])} == {secret.name}


def test_what_is_allowed_is_allowed_only_there(tmp_path: Path) -> None:
    secret, other = SECRETS[:2]
    evidence = Evidence(tmp_path)
    for place, where in (
        (DISK, "cache/token"),
        (DISK, "elsewhere/token"),
        (PRINTED, "cache/token"),
    ):
        evidence.add(place, where, f"{secret.value} {other.value}".encode())
    found = leaks(evidence, [secret, other], [allowed(DISK, "cache/*", secret.name)])
    plain = {(leak.place, leak.where, leak.secret) for leak in found if leak.form == "plain"}
    assert plain == {
        (DISK, "elsewhere/token", secret.name),
        (PRINTED, "cache/token", secret.name),
        (DISK, "cache/token", other.name),
        (DISK, "elsewhere/token", other.name),
        (PRINTED, "cache/token", other.name),
    }


@pytest.mark.parametrize("secret", SECRETS, ids=lambda secret: secret.name)
def test_in_a_result(tmp_path: Path, secret: Secret) -> None:
    evidence = Evidence(tmp_path)
    result = {"changed": False, "msg": [{"x": secret.value}]}
    evidence.add(PRINTED, "stdout", json.dumps(result).encode())
    evidence.add(DISK, "facts", json.dumps(json.dumps(result)).encode())
    assert {leak.place for leak in leaks(evidence, [secret])} == {PRINTED, DISK}


def test_where_nothing_is_nothing_is_found(tmp_path: Path) -> None:
    evidence = Evidence(tmp_path)
    harmless = json.dumps({"data": base64.b64encode(zlib.compress(os.urandom(999))).decode()})
    evidence.add(DISK, "x", harmless.encode())
    evidence.add(PRINTED, "stdout", b"VALUE_SPECIFIED_IN_NO_LOG_PARAMETER ********")
    assert leaks(evidence, SECRETS) == []
