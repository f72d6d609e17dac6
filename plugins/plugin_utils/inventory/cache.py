# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor inventory, private to the collection. Fleets in Ansible's cache: an entry for each account and selection (docs/ansible.md#cache)."""

from __future__ import annotations

import typing as t
import zlib

from .fleet import Fleet


class FleetCache:
    """What is cached, by the key of a fleet query."""

    def __init__(self, cache: t.Any, warn: t.Callable[[str], None]) -> None:
        self._cache = cache
        self._warn = warn

    def get(self, key: str) -> Fleet | None:
        """None when there is nothing, or it is too old or can't be used."""
        try:
            stored = self._stored(key)
        except KeyError:
            return None
        except Exception as error:  # whatever a cache plugin says to a file that it didn't write
            reason: Exception = error
        else:
            try:
                return Fleet.from_cache(stored)
            except (AttributeError, KeyError, TypeError, ValueError, zlib.error) as error:
                reason = error
        self._warn(f"What was cached can't be used, the API is asked again: {reason!r}")
        return None

    def _stored(self, key: str) -> t.Any:
        """Raises KeyError when there is nothing, or it is too old."""
        try:
            stored = self._cache[key]
            # Ansible would store it anew, as if it were of today, together with what another account was asked for.
            del self._cache[key]
            return stored
        except KeyError:
            # Since 2.19 Ansible never reads from plugins that store without its help, such as community.general.pickle.
            plugin = self._cache._plugin
            if not plugin.contains(key):
                raise
            return plugin.get(key)
