# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The open connections, so that one can be cut from within a call."""

from __future__ import annotations

import asyncio
import socket
import struct

from starlette.types import Scope


class Connections:
    """By the client's address. The server's protocol class reports them (see ``server``).

    ASGI itself has no such means.
    """

    def __init__(self) -> None:
        self.transports: dict[tuple[str, int], asyncio.Transport] = {}

    def cut(self, scope: Scope, *, reset: bool) -> None:
        transport = self.transports[tuple(scope["client"])]
        if not reset:
            transport.close()  # after what was sent
            return
        raw = transport.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
