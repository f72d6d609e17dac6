# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line: starting, what it is told, and stopping."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import requests

PARENT = Path(__file__).resolve().parents[3] / "roles" / "simulator" / "files"


def start(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "itcare_simulator", *arguments],
        env={**os.environ, "PYTHONPATH": str(PARENT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(*arguments: str) -> tuple[int, str, str]:
    with start(*arguments) as process:
        out, err = process.communicate(timeout=60)
        return process.returncode, out, err


def test_files_and_a_clean_stop(tmp_path: Path) -> None:
    url_file, pid_file = tmp_path / "url", tmp_path / "pid"
    with start("--url-file", str(url_file), "--pid-file", str(pid_file)) as process:
        assert process.stdout is not None
        line = process.stdout.readline().strip()
        url = line.removeprefix("ITCare simulator: ")
        assert url_file.read_text().strip() == url
        assert int(pid_file.read_text()) == process.pid
        with requests.Session() as session:  # a connection that is kept alive
            assert session.get(f"{url}/health", timeout=30).status_code == 200
            process.send_signal(signal.SIGTERM)
            _out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    assert list(tmp_path.iterdir()) == []


def test_detached(tmp_path: Path) -> None:
    url_file = tmp_path / "url"
    code, out, _err = run("--detach", "--url-file", str(url_file), "--instances", "3")
    url = out.strip().removeprefix("ITCare simulator: ")
    assert (code, url_file.read_text().strip()) == (0, url)
    control = url.removesuffix("/itcare") + "/control"
    state = requests.get(f"{control}/state", timeout=30).json()
    assert (state["instances"], state["started_with"]["instances"]) == (3, 3)
    assert requests.post(f"{control}/stop", timeout=30).status_code == 202


@pytest.mark.parametrize("logs", [True, False])
def test_detached_without_success(tmp_path: Path, logs: bool) -> None:
    log = tmp_path / "log"
    more = ["--log-file", str(log)] if logs else []
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        code, _out, err = run(
            "--detach", "--url-file", str(tmp_path / "url"), "--port", port, *more
        )
    assert code == 1
    assert f"did not start: cannot listen on 127.0.0.1:{port}: [Errno " in err
    assert "Address already in use" in err
    assert (str(log) in err) is logs
    assert list(tmp_path.iterdir()) == ([log] if logs else [])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--instances", "-1"], "negative"),
        (["--client", "demo"], "--client"),
        (["--client", "demo:secret:king"], "--client"),
        (["--keyfile", "x"], "--certfile"),
        (["--start-time", "tomorrow"], "--start-time"),
        (["--detach"], "--url-file"),
    ],
)
def test_wrong_arguments(arguments: list[str], message: str) -> None:
    code, _out, err = run(*arguments)
    assert code == 2
    assert message in err


def fleet(simulator: Any, client: str = "demo", secret: str = "demo-secret") -> bytes:
    token = requests.post(
        simulator.token_url,
        data={"grant_type": "client_credentials"},
        auth=(client, secret),
        timeout=30,
    ).json()["access_token"]
    answer = requests.get(
        f"{simulator.api_url}/compute/instances",
        params={"size": 200},
        headers={"Authorization": f"Bearer {token}"},
        timeout=30,
    )
    assert answer.status_code == 200
    return answer.content


def test_same_seed_same_fleet(simulator_factory: Any) -> None:
    options = {"instances": 25, "start_time": "2026-01-05T08:00:00.000+0100"}
    one, same, other = (simulator_factory(seed=seed, **options) for seed in (5, 5, 6))
    assert fleet(one) == fleet(same) != fleet(other)
    now = one.control("GET", "/control/state")["now"]
    assert now.startswith("2026-01-05T07:0")


def test_settings_and_clients(simulator_factory: Any) -> None:
    running = simulator_factory(
        max_page_size=5, action_delay=0, client=["a:s:e:reader", "b:secret:pow"]
    )
    settings = running.settings()
    assert (settings["max_page_size"], settings["action_delay"]) == (5, 0)
    assert running.control("GET", "/control/state")["clients"] == {"a": "reader", "b": "pow"}
    assert b'"size":5' in fleet(running, "a", "s:e")


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that only its own key has signed."""
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
        + ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
        + ["-keyout", str(key), "-out", str(cert)],
        check=True,
        capture_output=True,
    )
    return cert, key


def test_tls(simulator_factory: Any, certificate: tuple[Path, Path]) -> None:
    cert, key = certificate
    running = simulator_factory(certfile=cert, keyfile=key)
    assert running.api_url.startswith("https://127.0.0.1:")
    assert (
        requests.get(f"{running.api_url}/health", verify=str(cert), timeout=30).status_code == 200
    )
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(f"{running.api_url}/health", timeout=30)
    running.fault(path="/health", fault={"cut": "after"})
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{running.api_url}/health", verify=str(cert), timeout=30)
