# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fixtures and settings for all tests."""

from __future__ import annotations

import hypothesis
from support.simulator import shared_simulator, simulator, simulator_factory
from support.tls import certificate, secure, secure_simulator

__all__ = [
    "certificate",
    "secure",
    "secure_simulator",
    "shared_simulator",
    "simulator",
    "simulator_factory",
]

# How long an example takes says something about the machine, not about the code.
hypothesis.settings.register_profile(
    "collection",
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("collection")
