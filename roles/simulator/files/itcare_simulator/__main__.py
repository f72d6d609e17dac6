# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line: starts a simulator, here or as a process of its own."""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

from .clock import moment
from .server import serve
from .settings import Settings
from .simulator import Simulator
from .tokens import DEFAULT_CLIENTS, PROFILES, Client


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m itcare_simulator", description="A simulator of the ITCare API."
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=0, help="port to listen on; 0: a free one")
    parser.add_argument("--instances", type=int, default=40, help="size of the generated fleet")
    parser.add_argument("--seed", type=int, default=1, help="what the fleet is generated from")
    parser.add_argument(
        "--start-time",
        type=moment,
        metavar="DATE",
        help="the simulator's date when it starts, such as 2026-01-05T08:00:00.000+0000",
    )
    parser.add_argument("--action-delay", type=float, default=0.2, help="seconds an action takes")
    parser.add_argument("--max-page-size", type=int, default=200, help="largest page")
    parser.add_argument(
        "--client",
        dest="clients",
        action="append",
        type=Client.parse,
        metavar="ID:SECRET:PROFILE",
        help=f"who may log in, may be repeated; profiles: {', '.join(PROFILES)}; default: "
        + ", ".join(f"{c.id}:{c.secret}:{c.profile}" for c in DEFAULT_CLIENTS),
    )
    parser.add_argument("--certfile", help="certificate (PEM): serve HTTPS")
    parser.add_argument("--keyfile", help="its key (PEM)")
    parser.add_argument("--url-file", type=Path, help="file to write the API's URL to when ready")
    parser.add_argument("--pid-file", type=Path, help="file to write the process id to when ready")
    parser.add_argument(
        "--detach",
        action="store_true",
        help="return once the simulator is ready, and leave it running; needs --url-file",
    )
    parser.add_argument("--log-file", type=Path, help="where a detached simulator writes to")
    return parser


def _listener(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio turns Nagle's algorithm off (40 ms an answer) only where the protocol is named
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(2048)
    return listener


def _write(path: Path | None, text: str) -> None:
    """Write all of the file at once, for those who wait for it."""
    if path is not None:
        draft = path.with_name(path.name + ".new")
        draft.write_text(text + "\n", encoding="utf-8")
        draft.replace(path)


def _detach(options: argparse.Namespace, arguments: list[str]) -> int:
    """Start the simulator as a process of its own, and wait until it can be used."""
    options.url_file.unlink(missing_ok=True)
    command = [sys.executable, "-m", __package__, *(a for a in arguments if a != "--detach")]
    draft = Path(f"{options.url_file}.log")  # gone when it has started
    log_file = options.log_file or draft
    with log_file.open("w", encoding="utf-8") as log:
        process = subprocess.Popen(  # noqa: S603 (the command line that we were given)
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    while process.poll() is None and not options.url_file.exists():
        time.sleep(0.05)
    said = log_file.read_text(encoding="utf-8").split("\n")
    draft.unlink(missing_ok=True)
    if options.url_file.exists():
        url = options.url_file.read_text(encoding="utf-8").strip()
        print(f"ITCare simulator: {url}", flush=True)
        return 0
    cause = next((line.strip() for line in reversed(said) if line.strip()), "it said nothing")
    more = f" (more in {options.log_file})" if options.log_file else ""
    print(f"the simulator did not start: {cause}{more}", file=sys.stderr)
    return 1


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.keyfile and not options.certfile:
        parser.error("--keyfile needs --certfile")
    if options.instances < 0 or options.action_delay < 0 or options.max_page_size < 1:
        parser.error(
            "--instances and --action-delay can't be negative, --max-page-size not below 1"
        )
    if options.detach and options.url_file is None:
        parser.error("--detach needs --url-file")
    return options


def _simulator(options: argparse.Namespace) -> Simulator:
    return Simulator(
        instances=options.instances,
        seed=options.seed,
        start=options.start_time,
        settings=Settings(action_delay=options.action_delay, max_page_size=options.max_page_size),
        clients=tuple(options.clients or DEFAULT_CLIENTS),
        started_with={
            name: getattr(options, name)
            for name in ("host", "port", "instances", "seed", "action_delay", "max_page_size")
        },
    )


def _serve(options: argparse.Namespace, listener: socket.socket) -> None:
    """Serve until told to stop; the files tell of it as long."""
    scheme = "https" if options.certfile else "http"
    host = f"[{options.host}]" if ":" in options.host else options.host
    url = f"{scheme}://{host}:{listener.getsockname()[1]}/itcare"
    simulator = _simulator(options)

    def announce() -> None:
        _write(options.pid_file, str(os.getpid()))
        _write(options.url_file, url)
        print(f"ITCare simulator: {url}", flush=True)

    try:
        serve(simulator, listener, announce, certfile=options.certfile, keyfile=options.keyfile)
    finally:
        for path in (options.url_file, options.pid_file):
            if path is not None:
                path.unlink(missing_ok=True)


def main(arguments: list[str] | None = None) -> int:
    options = _options(arguments)
    if options.detach:
        return _detach(options, sys.argv[1:] if arguments is None else arguments)
    try:
        listener = _listener(options.host, options.port)
    except OSError as error:
        print(f"cannot listen on {options.host}:{options.port}: {error}", file=sys.stderr)
        return 1
    _serve(options, listener)
    return 0


if __name__ == "__main__":
    sys.exit(main())
