# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What holds for all tests: where the fixtures are, and how Hypothesis runs."""

from __future__ import annotations

import hypothesis

pytest_plugins = ["support.simulator", "support.tls", "support.inventory"]

# How long an example takes says something about the machine, not about the code.
hypothesis.settings.register_profile(
    "collection",
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("collection")
