# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Python's garbage collector rests while an inventory is read, and nothing that nobody needs is kept for good."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.cegedim.cloud.plugins.plugin_utils.inventory.garbage import (
    GarbageCollector,
)


class Circle:
    """What only the garbage collector can free, as hosts and their groups."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    enabled = gc.isenabled()
    gc.enable()
    yield
    gc.unfreeze()
    (gc.enable if enabled else gc.disable)()


def test_it_rests_and_goes_on() -> None:
    with GarbageCollector().resting():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_what_was_read_is_left_alone() -> None:
    with GarbageCollector().resting():
        read: Any = Circle()
    assert all(found is not read for found in gc.get_objects())


def test_an_inventory_that_was_replaced_is_freed() -> None:
    collector = GarbageCollector()
    with collector.resting():
        read = weakref.ref(Circle())
    gc.collect()
    assert read() is not None
    with collector.resting():
        assert read() is None


def test_what_has_failed_is_freed() -> None:
    read = []

    def fail() -> None:
        with GarbageCollector().resting():
            read.append(weakref.ref(Circle()))
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert gc.isenabled()
    gc.collect()
    assert read[0]() is None


def test_who_does_without_it_goes_on_doing_so() -> None:
    gc.disable()
    frozen = gc.get_freeze_count()
    with GarbageCollector().resting():
        pass
    assert not gc.isenabled()
    assert gc.get_freeze_count() == frozen
