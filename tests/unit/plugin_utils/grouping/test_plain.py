# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which way of grouping it is: as told, and the plain one where a release of Ansible isn't what the fast one knows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible.plugins.inventory import Constructable
from ansible.template import Templar
from ansible_collections.cegedim.cloud.plugins.module_utils.api.errors import InputError
from ansible_collections.cegedim.cloud.plugins.plugin_utils.grouping.fast import FastGrouping
from ansible_collections.cegedim.cloud.plugins.plugin_utils.grouping.grouping import make_grouping
from ansible_collections.cegedim.cloud.plugins.plugin_utils.trust import TRUST_IS_GIVEN
from support.inventory import Populated, Source

FLEET = [
    {"id": 1, "name": "A", "environment": "TEST", "cpu": 4, "comment": "{{ 6 * 7 }}"},
    {"id": 2, "name": "B", "environment": "TEST", "cpu": 2, "comment": None},
    {"id": 3, "name": "C", "environment": "OTHER", "cpu": 4, "comment": "#jinja2:x"},
    {"id": 4, "name": "D", "environment": "GONE", "cpu": 4, "comment": ""},
]
OPTIONS: dict[str, Any] = {
    "hostnames": ["nowhere ~ ''", "name ~ '.example.com'"],
    "host_filters": [{"exclude": "environment == 'GONE'"}],
    "compose": {"said": "comment ~ '!'", "again": "comment", "lower": "environment | lower"},
    "groups": {"big": "cpu > 2", "odd": "nowhere"},
    "keyed_groups": [
        {"key": "cpu", "prefix": "cpu"},
        {"key": "environment", "parent_group": "in_{{ region | default('no') }}_region"},
    ],
}
FLEET[0]["nowhere"] = "somewhere"


def found(plugin: Source) -> Any:
    populated = Populated(FLEET, plugin=plugin)
    parents = {
        name: [parent.name for parent in group.parent_groups]
        for name, group in plugin.inventory.groups.items()
    }
    return populated.hosts, populated.groups, parents, populated.warnings


@pytest.mark.parametrize("option", ["fast", "plain"])
def test_as_told(option: str) -> None:
    """On each release that is tested the fast one is known to work: it doesn't stand back unnoticed."""
    plugin = Source(grouping=option)
    assert isinstance(make_grouping(plugin), FastGrouping) == (option == "fast")
    assert plugin.display.remarks == []


# -- releases of Ansible that nobody knows yet --


class Elsewhere:
    """A templar as Ansible makes it, which keeps its private things under other names."""

    def __init__(self, templar: Templar) -> None:
        object.__setattr__(self, "_templar", templar)

    def __getattr__(self, name: str) -> Any:
        if name in ("_engine", "environment"):
            raise AttributeError(name)
        return getattr(self._templar, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._templar, name, value)


def environment_elsewhere(patched: pytest.MonkeyPatch, plugin: Source) -> None:
    plugin.templar = Elsewhere(plugin.templar)


def new_environments(patched: pytest.MonkeyPatch, plugin: Source) -> None:
    """One for each use: nothing that is laid into one of them is ever met."""
    holder = plugin.templar._engine if TRUST_IS_GIVEN else plugin.templar
    environment = holder.environment
    anew = {"environment": property(lambda holder: environment.overlay())}
    patched.setattr(holder, "__class__", type("Anew", (type(holder),), anew))


def other_method(patched: pytest.MonkeyPatch, plugin: Source) -> None:
    """Evaluates without the method that has done so."""
    original = Constructable._set_composite_vars

    def set_composite_vars(self: Any, *what: Any, **more: Any) -> None:
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(self, "_compose", lambda *what: Constructable._compose(self, *what))
            original(self, *what, **more)

    patched.setattr(Constructable, "_set_composite_vars", set_composite_vars)


def other_parameters(patched: pytest.MonkeyPatch, plugin: Source) -> None:
    original = Constructable._add_host_to_keyed_groups

    def add_host_to_keyed_groups(
        self: Any, keys: Any, variables: Any, host: Any, strict: Any
    ) -> None:
        original(self, keys, variables, host, strict)

    patched.setattr(Constructable, "_add_host_to_keyed_groups", add_host_to_keyed_groups)


RELEASES = [new_environments, other_method, other_parameters]
if TRUST_IS_GIVEN:  # before 2.19 Ansible's own code asks the templar for its environment
    RELEASES.append(environment_elsewhere)


@pytest.mark.parametrize("release", RELEASES)
def test_an_unknown_release_gets_the_plain_one(
    monkeypatch: pytest.MonkeyPatch, release: Callable[[pytest.MonkeyPatch, Source], None]
) -> None:
    expected = found(Source(**OPTIONS))
    hosts, groups, _parents, _warnings = expected
    assert list(hosts) == ["somewhere", "B.example.com", "C.example.com"]
    assert groups["cpu_4"] == ["somewhere", "C.example.com"]
    plugin = Source(**OPTIONS)
    release(monkeypatch, plugin)
    assert found(plugin) == expected
    assert not isinstance(make_grouping(plugin), FastGrouping)
    remark = "This release of Ansible isn't known well enough for the option grouping: fast."
    assert [text[: len(remark)] for text in plugin.display.remarks] == [remark] * 2


@pytest.mark.skipif(
    not TRUST_IS_GIVEN, reason="before 2.19 Ansible's own code asks the templar for its environment"
)
@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        ("name ~", "'name ~' is no expression: .*"),
        ("name | nosuchfilter", r"'name \| nosuchfilter' gives no name for any"),
    ],
)
def test_wrong_names_where_the_environment_is_elsewhere(entry: str, sentence: str) -> None:
    plugin = Source(hostnames=[entry])
    plugin.templar = Elsewhere(plugin.templar)
    with pytest.raises(InputError, match=f"^hostnames: {sentence}"):
        Populated(FLEET, plugin=plugin)


# -- the fence --

PLUGINS = Path(__file__).resolve().parents[4] / "plugins"


def test_the_fast_one_could_be_deleted() -> None:
    """With `fast.py`, `expressions.py` and what `grouping.py` says of it."""
    importing = {
        name: sorted(
            str(path.relative_to(PLUGINS / "plugin_utils"))
            for path in PLUGINS.glob("**/*.py")
            if f".{name} import" in path.read_text(encoding="utf-8")
        )
        for name in ("fast", "expressions")
    }
    assert importing == {"fast": ["grouping/grouping.py"], "expressions": ["grouping/fast.py"]}
