# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor inventory, private to the collection. Python's garbage collector, while an inventory is read and after.

All that is built there stays. To look through millions of objects again and again for what doesn't took half of the time:
while they were made, after, in each fork, and when the program ends.
"""

from __future__ import annotations

import contextlib
import gc
import typing as t


class GarbageCollector:
    """Rests during a block, and then leaves alone what there is, until it rests again."""

    def __init__(self) -> None:
        self._has_frozen = False

    @contextlib.contextmanager
    def resting(self) -> t.Iterator[None]:
        if not gc.isenabled():  # somebody else takes care of it
            yield
            return
        self._thaw()
        gc.disable()
        try:
            yield
            gc.freeze()  # not after an error: what has failed isn't kept
            self._has_frozen = True
        finally:
            gc.enable()

    def _thaw(self) -> None:
        """An inventory that was read before may be replaced by this one: what is left of it goes now, or it would stay for good."""
        if self._has_frozen:
            gc.unfreeze()
            self._has_frozen = False
            gc.collect()


COLLECTOR = GarbageCollector()
