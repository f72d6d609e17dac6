# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The modules (`MODULES`), and what Ansible would hand over to one (`arguments`)."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils import basic
from ansible.module_utils.common import warnings
from ansible.module_utils.common.text.converters import to_bytes

MODULES = sorted(
    path.stem for path in Path(__file__).parents[2].joinpath("plugins/modules").glob("itcare_*.py")
)


@contextlib.contextmanager
def arguments(params: dict[str, Any]) -> Iterator[None]:
    """What Ansible would hand over to a module. It begins without the warnings of those before it in this process."""
    warnings._global_warnings.clear()
    try:
        from ansible.module_utils.testing import patch_module_args
    except ImportError:  # before ansible-core 2.19
        patched = pytest.MonkeyPatch()
        patched.setattr(
            basic, "_ANSIBLE_ARGS", to_bytes(json.dumps({"ANSIBLE_MODULE_ARGS": params}))
        )
        try:
            yield
        finally:
            patched.undo()
    else:
        with patch_module_args(params):
            yield
