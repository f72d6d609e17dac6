# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor api, private to the collection. Calls that a user has written: the address is sent, and a text answered, as it is."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from .requests_library import requests
from .tokens import Bearer


class AsWritten(Bearer):
    """The address as it is written: requests would decode what needn't be encoded. Without a token none is sent."""

    def __init__(self, url: str, token: str) -> None:
        super().__init__(token)
        self.url = url

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        wanted = urlsplit(self.url)
        prepared = urlsplit(request.url or self.url)
        request.url = prepared._replace(path=wanted.path, query=wanted.query).geturl()
        return super().__call__(request) if self.token else request


def plain_text(response: requests.Response) -> str | None:
    """The text of a good answer in text/plain (a kubeconfig); None for all else, web pages under that name, too."""
    kind, _semicolon, parameters = response.headers.get("Content-Type", "").partition(";")
    body = response.content
    if kind.strip().lower() != "text/plain" or not 200 <= response.status_code < 300:
        return None
    if not body.strip() or re.match(rb"\s*<(!doctype html|html)\b", body, re.I):
        return None
    charset = re.search(r"charset=\"?([\w.:-]+)", parameters, re.I)
    try:
        text = body.decode(charset[1] if charset else "utf-8")
        text.encode()  # some encodings have half characters, which can't be printed
    except (LookupError, ValueError):
        return body.decode("utf-8", "replace")
    return text
