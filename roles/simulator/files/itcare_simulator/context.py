# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a call knows beside its request: the simulator, the client, and its entry in the log."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import Request

from .fields import Fields
from .simulator import Simulator
from .tokens import Client

# Where the middlewares leave it, in the scope of the call.
CLIENT = "simulator_client"
ENTRY = "simulator_entry"

DRY_RUN_HEADER = "ITCare-DryRun"


def simulator_of(request: Request) -> Simulator:
    simulator: Simulator = request.app.state.simulator
    return simulator


def client_of(request: Request) -> Client:
    """Whose access token came with the request."""
    client: Client = request.scope[CLIENT]
    return client


def entry_of(request: Request) -> Fields:
    entry: Fields = request.scope[ENTRY]
    return entry


def is_dry_run(headers: Mapping[str, str]) -> bool:
    return headers.get(DRY_RUN_HEADER, "").strip().lower() == "true"
