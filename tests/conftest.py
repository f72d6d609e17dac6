# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fixtures for all tests."""

from __future__ import annotations

from simulator_fixture import shared_simulator, simulator, simulator_factory

__all__ = ["shared_simulator", "simulator", "simulator_factory"]
