# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Accounts are read side by side until somebody interrupts it."""

from __future__ import annotations

import threading
import time

import pytest
from ansible_collections.cegedim.cloud.plugins.module_utils.api.connection_options import (
    ConnectionOptions,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.api.errors import ItcareError
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.selection.selection import (
    Selection,
)
from ansible_collections.cegedim.cloud.plugins.plugin_utils.inventory.accounts import Account
from ansible_collections.cegedim.cloud.plugins.plugin_utils.inventory.collect import (
    Asked,
    Slots,
    side_by_side,
)
from ansible_collections.cegedim.cloud.plugins.plugin_utils.inventory.fleet import (
    Fleet,
    FleetQuery,
    origin,
)

CONNECTION = ConnectionOptions(client_id="me", client_secret="s3cret")
LONG = 60.0  # seconds; nobody waits for them unless it is broken


def account(name: str) -> Asked:
    return Account(CONNECTION, origin(CONNECTION), {}, name), FleetQuery(Selection())


def test_who_is_interrupted_asks_for_nothing_more() -> None:
    """Otherwise the others would first read all of their accounts."""
    slots = Slots(2)
    refused = []
    begun = threading.Event()

    def answer(one: Asked) -> Fleet | ItcareError:
        if one[0].name == "first":
            begun.wait(LONG)
            raise KeyboardInterrupt
        begun.set()
        end = time.monotonic() + LONG
        try:
            while time.monotonic() < end:
                with slots:
                    pass
        except ItcareError as error:
            refused.append(error)
            return error
        return Fleet([], {})

    with pytest.raises(KeyboardInterrupt):
        side_by_side(answer, [account("first"), account("other")], 2, slots)
    assert len(refused) == 1


def test_a_closed_slot_is_left_again() -> None:
    """Whoever waits behind comes to know it, too."""
    slots = Slots(1)
    slots.close()
    for _each in range(3):
        with pytest.raises(ItcareError), slots:
            pass
