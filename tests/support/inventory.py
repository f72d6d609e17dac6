# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inventory plugin from end to end (`run_ansible`, `listed`), and its builder in memory (`Populated`)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from ansible import template as ansible_template
from ansible.inventory.data import InventoryData
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.inventory import BaseInventoryPlugin, Constructable
from ansible_collections.cegedim.cloud.plugins.module_utils.api.connection_options import (
    ConnectionOptions,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.selection.selection import (
    Selection,
)
from ansible_collections.cegedim.cloud.plugins.plugin_utils.inventory import (
    builder as builder_module,
)
from ansible_collections.cegedim.cloud.plugins.plugin_utils.inventory.accounts import (
    Account,
    AccountFleet,
)
from ansible_collections.cegedim.cloud.plugins.plugin_utils.inventory.fleet import Fleet, FleetQuery
from ansible_collections.cegedim.cloud.plugins.plugin_utils.inventory.presence import Origin
from ansible_collections.cegedim.cloud.plugins.plugin_utils.inventory.rollback import all_or_nothing
from ansible_collections.cegedim.cloud.plugins.plugin_utils.trust import TRUST_IS_GIVEN
from support.simulator import Simulator

# .../ansible_collections/cegedim/cloud/plugins/plugin_utils/inventory/builder.py
COLLECTIONS = Path(builder_module.__file__).parents[6]
LONGEST_RUN = 120  # seconds; a program that takes longer hangs


def write_source(
    folder: Path, simulator: Simulator | None = None, name: str = "test.itcare.yml", **options: Any
) -> Path:
    """An inventory file for our plugin; JSON is YAML too."""
    connection = {}
    if simulator is not None:
        keys = ("api_url", "token_url", "client_id", "client_secret")
        connection = {key: simulator.options()[key] for key in keys}
        connection["token_cache"] = False  # tests count requests
    content = {"plugin": "cegedim.cloud.itcare", **connection, **options}
    path = folder / name
    path.write_text(json.dumps({k: v for k, v in content.items() if v is not None}))
    return path


def environment(folder: Path, **env: str) -> dict[str, str]:
    """For Ansible's programs, with nobody's settings but these."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("ANSIBLE_", "ITCARE_"))}
    return {
        **kept,
        "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
        "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true",
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_NOCOLOR": "1",
        "COLUMNS": "10000",
        "HOME": str(folder),
        **env,
    }


def run_ansible(
    program: str, folder: Path, *arguments: str | Path, **env: str
) -> subprocess.CompletedProcess[str]:
    """One of Ansible's programs."""
    return subprocess.run(
        [sys.executable, str(Path(sys.executable).parent / program), *map(str, arguments)],
        env=environment(folder, **env),
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=LONGEST_RUN,
        check=False,
    )


def ansible_inventory(
    source: Path, *arguments: str | Path, **env: str
) -> subprocess.CompletedProcess[str]:
    return run_ansible(
        "ansible-inventory", source.parent, "-i", source, *(arguments or ("--list",)), **env
    )


def listed(source: Path, *arguments: str | Path, **env: str) -> dict[str, Any]:
    """What `ansible-inventory --list` prints."""
    done = ansible_inventory(source, "--list", *arguments, **env)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def hosts_of(inventory: dict[str, Any]) -> dict[str, dict[str, Any]]:
    variables: dict[str, dict[str, Any]] = inventory["_meta"]["hostvars"]
    return variables


def said(done: subprocess.CompletedProcess[str]) -> str:
    """Everything that a program printed, in one line: Ansible wraps its messages."""
    return " ".join((done.stdout + " " + done.stderr).split())


def trusted(value: Any) -> Any:
    """As Ansible reads a user's file."""
    if isinstance(value, str) and TRUST_IS_GIVEN:
        return ansible_template.trust_as_template(value)
    if isinstance(value, dict):
        return {key: trusted(item) for key, item in value.items()}
    if isinstance(value, list):
        return [trusted(item) for item in value]
    return value


DEFAULTS: dict[str, Any] = {
    "compose": {},
    "connection_address": "ip",
    "exclude_names": None,
    "fields": None,
    "filters": None,
    "group_by": [],
    "grouping": "fast",
    "groups": {},
    "host_filters": [],
    "hostnames": ["name"],
    "hostvars_prefix": "itcare_",
    "ids": None,
    "include": [],
    "keyed_groups": [],
    "leading_separator": True,
    "min_hosts": 1,
    "names": None,
    "on_duplicate": "error",
    "strict": False,
    "tag_groups": [],
    "use_extra_vars": False,
}


@pytest.fixture(scope="module", params=["fast", "plain"])
def each_grouping(request: pytest.FixtureRequest) -> Iterator[str]:
    """A module's tests once with each way of grouping."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setitem(DEFAULTS, "grouping", request.param)
        yield request.param


class Spoken:
    """Takes the place of Ansible's display."""

    def __init__(self) -> None:
        self.warnings: list[str] = []
        self.remarks: list[str] = []

    def warning(self, text: str) -> None:
        self.warnings.append(text)

    def v(self, text: str) -> None:
        self.remarks.append(text)


class Source(BaseInventoryPlugin, Constructable):  # type: ignore[misc]
    """An inventory plugin whose options are given in memory."""

    NAME = "source"

    def __init__(self, extra: dict[str, Any] | None = None, **options: Any) -> None:
        super().__init__()
        self.given = trusted({**DEFAULTS, **options})
        self.parse(InventoryData(), DataLoader(), "source")
        self._vars = trusted(extra or {})
        self.display = Spoken()

    def get_option(self, option: str, hostvars: Any = None) -> Any:
        return self.given[option]


CONNECTION = ConnectionOptions(client_id="demo", client_secret="unused")
ORIGIN = Origin("https://api.example/itcare", "the account demo")


class Populated:
    """An inventory in memory, made of instances as the API shows them."""

    def __init__(
        self,
        instances: list[dict[str, Any]],
        tagged: dict[str, frozenset[Any]] | None = None,
        plugin: Source | None = None,
        origin: Origin = ORIGIN,
        after: Populated | None = None,
        found: Sequence[AccountFleet] | None = None,  # of several accounts, instead of `instances`
        **options: Any,
    ) -> None:
        self.plugin = plugin or Source(**options)
        if after is not None:  # another source of the same inventory
            self.plugin.inventory = after.plugin.inventory
        query = FleetQuery(Selection.from_options(self.plugin.given))
        with all_or_nothing(self.plugin.inventory):
            builder = builder_module.InventoryBuilder(self.plugin)
            account = Account(CONNECTION, origin, {"": query})
            fleet = Fleet([dict(instance) for instance in instances], tagged or {})
            builder.add(found or [AccountFleet(account, fleet)])

    @property
    def warnings(self) -> str:
        return " ".join(self.plugin.display.warnings)

    @property
    def hosts(self) -> dict[str, dict[str, Any]]:
        """Variables of each host, without what Ansible adds."""
        return {
            name: {
                k: v for k, v in host.vars.items() if k not in ("inventory_file", "inventory_dir")
            }
            for name, host in self.plugin.inventory.hosts.items()
        }

    @property
    def groups(self) -> dict[str, list[str]]:
        """Hosts of each group but Ansible's own two."""
        return {
            name: [host.name for host in group.hosts]
            for name, group in self.plugin.inventory.groups.items()
            if name not in ("all", "ungrouped")
        }
