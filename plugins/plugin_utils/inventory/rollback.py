# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor inventory, private to the collection. All or nothing: what was added to an inventory is taken back when a later host fails."""

from __future__ import annotations

import contextlib
import typing as t


@contextlib.contextmanager
def all_or_nothing(inventory: t.Any) -> t.Iterator[None]:
    """Leaves the inventory as it was when the block raises: Ansible keeps the hosts of a source that fails half-way."""
    # ansible-core 2.19 and later pass a proxy.
    inventory = getattr(inventory, "__wrapped__", inventory)
    things = [inventory, *inventory.groups.values(), *inventory.hosts.values()]
    before = [(vars(thing), _copied(vars(thing))) for thing in things]
    try:
        yield
    except BaseException:
        for attributes, saved in before:
            attributes.clear()
            attributes.update(saved)
        raise


def _copied(attributes: dict[str, t.Any]) -> dict[str, t.Any]:
    return {
        name: value.copy() if isinstance(value, (dict, list, set)) else value
        for name, value in attributes.items()
    }
