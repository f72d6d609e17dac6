# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What holds for all tests: where the fixtures are, and how Hypothesis runs."""

from __future__ import annotations

import itertools
import os
import tempfile

import hypothesis
import pytest

pytest_plugins = [
    "support.simulator",
    "support.openid_provider",
    "support.tls",
    "support.inventory",
]

# How long an example takes says something about the machine, not about the code.
hypothesis.settings.register_profile(
    "collection",
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("collection")

# No test reads or leaves a token where the user's are, and none finds another's: programs that tests start are told by the
# environment, too. What is cached of a test is in a folder that isn't made before something is.
_CACHES = tempfile.TemporaryDirectory(prefix="itcare-tests-")
_NUMBERS = itertools.count()


def _use_own_cache() -> None:
    os.environ.pop("XDG_RUNTIME_DIR", None)
    os.environ["XDG_CACHE_HOME"] = os.path.join(_CACHES.name, str(next(_NUMBERS)))


_use_own_cache()


@pytest.fixture(autouse=True)
def _own_cache() -> None:
    _use_own_cache()
