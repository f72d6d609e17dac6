# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server between a program and the simulator. It looks around whenever it is asked, and it can repeat all that it is sent.

The first part of a path says what it does: `/well/…` passes the request on; `/echo/…` answers 500 and `/refuse/…` 401, with what the
request holds in their words, as JSON, text or a web page in turn.
"""

from __future__ import annotations

import base64
import contextlib
import html
import http.server
import itertools
import json
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import requests
import requests.auth
from support.secret_scan import URL, Evidence, Secret
from support.simulator import TOKEN_PATH, Simulator

PASSED_ON = ("authorization", "content-type", "accept", "itcare-dryrun")


class Witness:
    """The server. `evidence` is what it adds to; `secrets` are those that went through it."""

    def __init__(self, simulator: Simulator, *known: Secret) -> None:
        self.simulator = simulator
        self.evidence: Evidence | None = None
        self.secrets = set(known)
        self.user_agents: set[str] = set()
        self.asked: list[str] = []
        self._turns = itertools.count()
        self._session = requests.Session()
        self._session.trust_env = False
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                status, kind, content = outer.reply(self.command, self.path, headers, body)
                self.send_response_only(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _answer  # http.server's names

            def log_message(self, *args: Any) -> None:
                """Tests have no use for an access log."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._session.close()

    def api(self, way: str = "well") -> str:
        return f"{self.url}/{way}/itcare"

    def token(self, way: str = "well") -> str:
        return f"{self.url}/{way}{TOKEN_PATH}"

    def granted(self, client_id: str, client_secret: str) -> str:
        """An access token for somebody who asks for it beforehand."""
        answer = self._session.post(
            self.simulator.token_url,
            data={"grant_type": "client_credentials"},
            auth=requests.auth.HTTPBasicAuth(client_id.encode(), client_secret.encode()),
        ).json()
        token: str = answer["access_token"]
        self.secrets.add(Secret("access token", token))
        return token

    def reply(
        self, method: str, path: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, str, bytes]:
        self.user_agents.add(headers.get("user-agent", ""))
        self.asked.append(f"{method} {path}")
        if self.evidence is not None:
            self.evidence.add(URL, path.partition("?")[0], path.encode())
            self.evidence.look()
        way, rest = path[1:].split("/", 1)
        authorization = headers.get("authorization", "")
        if authorization.startswith("Basic "):
            self.secrets.add(Secret("Basic header", authorization.removeprefix("Basic ")))
        if way == "well":
            return self._passed_on(method, f"/{rest}", headers, body)
        return {"echo": 500, "refuse": 401}[way], *self._repeated(authorization, body)

    def _passed_on(
        self, method: str, path: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, str, bytes]:
        sent = {name: headers[name] for name in PASSED_ON if name in headers}
        answer = self._session.request(
            method, self.simulator.root_url + path, headers=sent, data=body, allow_redirects=False
        )
        if path == TOKEN_PATH and answer.ok:
            granted = answer.json()
            for name in ("access_token", "refresh_token"):
                self.secrets.add(Secret(name.replace("_", " "), granted[name]))
        return answer.status_code, answer.headers.get("Content-Type", ""), answer.content

    def _repeated(self, authorization: str, body: bytes) -> tuple[str, bytes]:
        """All that came, in all forms in which somebody may repeat it."""
        words = [authorization, body.decode()]
        if authorization.startswith("Basic "):
            words += base64.b64decode(authorization.removeprefix("Basic ")).decode().split(":", 1)
        encoded = [
            base64.b64encode(b"x" * n + word.encode()).decode() for word in words for n in range(3)
        ]
        text = " ".join([*words, *map(quote, words), *map(html.escape, words), *encoded])
        turn = next(self._turns) % 4
        if turn == 0:
            return "application/json", json.dumps({"errorMessage": text}).encode()
        if turn == 1:
            return "application/json", json.dumps({"error": text, "errorDesc": words[-1]}).encode()
        if turn == 2:
            return "text/html", f"<html><title>{html.escape(text)}</title></html>".encode()
        return "text/plain; charset=utf-8", text.encode()


@contextlib.contextmanager
def witness_of(simulator: Simulator, *known: Secret) -> Iterator[Witness]:
    server = Witness(simulator, *known)
    try:
        yield server
    finally:
        server.close()
