# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor api, private to the collection. The proxies that the environment names: one that is malformed is refused, and no password of one is shown."""

from __future__ import annotations

import base64
import os
import typing as t
from urllib.parse import unquote, urlsplit

from .checks import CONTROL
from .errors import InputError
from .requests_library import requests

_SCHEMES = ("http", "https", "socks4", "socks4a", "socks5", "socks5h")


def proxy_secrets(urls: t.Iterable[str]) -> list[str]:
    """What must not be shown of the proxies on the way to `urls`, in the forms in which it turns up.

    Raises InputError for what can't be a proxy: requests would take half of a password for a host, and say so.
    """
    found: list[str] = []
    for url in urls:
        proxy = requests.utils.select_proxy(url, requests.utils.get_environ_proxies(url))
        if not proxy:
            continue
        try:
            found += _secrets(proxy)
        except ValueError:
            raise InputError(
                f"{_where(url, proxy)} can't be used. It must be http://HOST:PORT or http://USER:PASSWORD@HOST:PORT; what isn't a "
                "letter or digit in user and password is percent-encoded, such as %2F for / and %23 for #."
            ) from None
    return found


def _secrets(proxy: str) -> list[str]:
    """Raises ValueError, whose text may show some of it."""
    parts = urlsplit(proxy if "://" in proxy else f"http://{proxy.lstrip('/')}")
    user, _at, _host = parts.netloc.rpartition("@")
    behind = parts.path + parts.query + parts.fragment
    if parts.scheme not in _SCHEMES or not parts.hostname or "@" in behind or "\\" in user:
        raise ValueError("no proxy")
    if CONTROL.search(proxy) or parts.port == 0:  # `port` raises when it is none
        raise ValueError("no proxy")
    if not user:
        return []
    pair = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
    header = base64.b64encode(pair.encode("latin-1")).decode()  # as requests sends it
    passwords = [parts.password, unquote(parts.password)] if parts.password else []
    return [user, pair, header, *passwords]


def _where(url: str, proxy: str) -> str:
    """Which variable names it."""
    names = (f"{urlsplit(url).scheme}_proxy", "all_proxy")
    found = [name for name in os.environ if name.lower() in names and os.environ[name] == proxy]
    # In lower case before upper case, and before all_proxy, as requests prefers them.
    return f"The proxy in the environment variable {max(found)}" if found else "The system's proxy"
