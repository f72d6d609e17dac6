# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tasks that the tests of planning run: on one instance (`run`), and on its snapshot (`run_snapshot`)."""

from __future__ import annotations

from typing import Any

from ansible_collections.cegedim.cloud.plugins.module_utils.resources.instance.ensure import ensure
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.snapshot.ensure import (
    ensure as ensure_snapshot,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.result import Result
from support.client import NAME, WAIT, client_of
from support.simulator import Simulator

# Options that create the instance.
CREATE = {"name": NAME, "region": "EB4", "platform": "deb12", "sizing": "2cpu4gb", "service_id": 16}
# Fields of an instance that is there.
STOPPED = {"status": "INACTIVE"}
SNAPSHOT = {"snapshot": {"description": "theirs"}}


def run(simulator: Simulator, options: dict[str, Any], **client: Any) -> Result:
    """What itcare_instance does. `client`: see support.client.client_of."""
    return ensure(client_of(simulator, **client), {**WAIT, "name": NAME, **options})


def run_snapshot(simulator: Simulator, options: dict[str, Any], **client: Any) -> Result:
    """What itcare_snapshot does."""
    return ensure_snapshot(client_of(simulator, **client), {**WAIT, "names": [NAME], **options})
