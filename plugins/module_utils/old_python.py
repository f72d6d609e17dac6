# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor module, private to the collection.
What a module says to a Python that can't run the rest of the collection. This file must be readable for Python 3.6.
"""

import json
import sys

LOWEST = (3, 10)
WHERE = "Tasks of this collection usually run on the controller: set delegate_to: localhost."


def refuse_old_python(version: "tuple[int, ...]" = tuple(sys.version_info[:2])) -> None:
    """Ends a module as failed where its Python is too old, before anything is imported that it can't read."""
    if version >= LOWEST:
        return
    needed, found = (".".join(map(str, numbers)) for numbers in (LOWEST, version))
    message = "This module needs Python {0} or newer, and runs with Python {1} ({2}). {3}"
    said = {"failed": True, "msg": message.format(needed, found, sys.executable, WHERE)}
    # AnsibleModule comes with options and arguments, which aren't known yet.
    sys.stdout.write(json.dumps(said))
    raise SystemExit(1)
