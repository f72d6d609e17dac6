# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulator: all that the web server knows, and how it was started."""

from __future__ import annotations

from .clock import Clock
from .connections import Connections
from .faults import Faults
from .fields import Fields
from .listing import Listing
from .request_log import RequestLog
from .settings import Settings
from .store import Store
from .tokens import DEFAULT_CLIENTS, Client, Tokens


class Simulator:
    """Everything but the web server. A reset makes all of it anew but for the open connections."""

    clock: Clock
    settings: Settings
    store: Store
    listing: Listing
    tokens: Tokens
    log: RequestLog
    faults: Faults
    forbidden_writes: int

    def __init__(
        self,
        *,
        instances: int = 40,
        seed: int = 1,
        start: float | None = None,
        settings: Settings | None = None,
        clients: tuple[Client, ...] = DEFAULT_CLIENTS,
        started_with: Fields | None = None,
    ) -> None:
        self.started_with = started_with or {}
        self.clients = clients
        self.connections = Connections()
        self._instances = instances
        self._seed = seed
        self._start = start
        self._settings = settings or Settings()
        self.reset()

    def reset(self, *, instances: int | None = None, seed: int | None = None) -> None:
        """Be as if started anew, with another fleet if so wished."""
        self.clock = Clock(self._start)
        self.settings = self._settings.model_copy()
        self.store = Store(
            self.clock,
            self.settings,
            instances=self._instances if instances is None else instances,
            seed=self._seed if seed is None else seed,
        )
        self.listing = Listing(self.store)
        self.tokens = Tokens(self.clock, self.settings, self.clients)
        self.log = RequestLog()
        self.faults = Faults()
        self.forbidden_writes = 0

    def drift(self, *, remove: int, insert: int) -> None:
        """Let instances vanish or appear at the front of the list, as between two pages."""
        for instance in self.store.ordered()[:remove]:
            self.store.remove(instance)
        for _each in range(insert):
            self.store.generate({"id": min(self.store.instances, default=10001) - 1})
