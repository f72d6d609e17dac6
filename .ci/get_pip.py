# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stands in for pip's bootstrap script, which ansible-test would download: offline, from ensurepip."""

from __future__ import annotations

import subprocess
import sys

# In a process of its own, because ensurepip switches pip's configuration off where it runs.
subprocess.run([sys.executable, "-m", "ensurepip"], check=True)
# Options of the real script only.
arguments = [name for name in sys.argv[1:] if name not in ("--no-setuptools", "--no-wheel")]
sys.exit(subprocess.call([sys.executable, "-m", "pip", "install", *arguments]))
