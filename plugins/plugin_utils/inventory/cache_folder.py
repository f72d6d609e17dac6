# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor inventory, private to the collection. A cache folder for one user: Ansible makes one, and its files, readable for others (docs/ansible.md#cache)."""

from __future__ import annotations

import os
import stat

from ansible.plugins.cache import BaseFileCacheModule


def keep_to_oneself(kind: object, connection: object) -> str | None:
    """Makes the folder of a cache plugin of a kind that stores files, before Ansible does.

    What to warn of, when others can read the one that is there.
    """
    # Since 2.19 the loader hands out a stand-in of the class, which issubclass doesn't take.
    if not connection or BaseFileCacheModule not in getattr(kind, "__mro__", ()):
        return None
    folder = os.path.abspath(os.path.expanduser(os.path.expandvars(str(connection))))
    try:
        os.makedirs(os.path.dirname(folder), exist_ok=True)
        os.mkdir(folder, 0o700)
        return None
    except OSError:  # it is there, or can't be made, which Ansible will say
        pass
    return _open_to_others(folder)


def _open_to_others(folder: str) -> str | None:
    try:
        found = os.stat(folder)
    except OSError:
        return None
    why = []
    is_ours = found.st_uid == os.geteuid() and not found.st_mode & stat.S_ISVTX  # as /tmp has it
    if found.st_uid != os.geteuid():
        why.append(f"belongs to another user (id {found.st_uid})")
    if found.st_mode & 0o077:
        why.append(f"is open to others (mode {stat.S_IMODE(found.st_mode):04o})")
    if not why:
        return None
    mend = f"chmod 700 '{folder}'" if is_ours else "set cache_connection to a folder of your own"
    return (
        f"The cache folder {folder} {' and '.join(why)}: host variables tell much about a fleet, such as addresses, and what has no "
        f"backup. Mend it: {mend}."
    )
