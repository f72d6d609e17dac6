# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Text from the API is never executed as a template, whatever a user's expressions make of it, one after the other."""

from __future__ import annotations

import base64
import json
import os
from typing import Any
from urllib.parse import quote

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from ansible.utils.unsafe_proxy import wrap_var
from ansible_collections.cegedim.cloud.plugins.module_utils.api.case import to_snake
from ansible_collections.cegedim.cloud.plugins.module_utils.api.errors import InputError
from ansible_collections.cegedim.cloud.plugins.plugin_utils.trust import TRUST_IS_GIVEN
from hypothesis import example, given, settings
from hypothesis import strategies as st
from support.inventory import Populated, trusted

CASES = int(os.environ.get("GROUPING_CASES", "1000")) // 4
CANARY = "woken by a template"
CALLS = ["lookup('env', 'ITCARE_TEST_CANARY')", "'woken by ' ~ 'a template'"]
HEADER = "#jinja2:variable_start_string:'[[',variable_end_string:']]'\n"
HOSTILE = [
    text
    for call in CALLS
    for text in (
        f"{{{{ {call} }}}}",
        f"{{% set x = {call} %}}{{{{ x }}}}",
        f"{{% if true %}}{{{{ {call} }}}}{{% endif %}}",
        f"{HEADER}[[ {call} ]]",
        f"{HEADER.replace(',', ' , ')}[[ {call} ]]",
        f"[[ {call} ]]",
        f"') ~ {call} ~ ('",
    )
]
PIECES = [" ", "x", "-", ",", "\n", "{", "{{", "#", "#jin", "ja2:", "]]", "}}", HEADER]


@st.composite
def texts(draw: st.DrawFn) -> str:
    """Something that is a template, or that some expression could make one of."""
    before = draw(st.lists(st.sampled_from(PIECES), max_size=2))
    after = draw(st.lists(st.sampled_from(PIECES), max_size=1))
    text = "".join([*before, draw(st.sampled_from(HOSTILE)), *after])
    kind = draw(st.sampled_from(["as it is", "as it is", "as it is", "quoted", "base64"]))
    if kind == "quoted":
        return quote(text, safe="")
    return base64.b64encode(text.encode()).decode() if kind == "base64" else text


INSTANCES = st.fixed_dictionaries(
    {
        "label": texts(),
        "comment": texts(),
        "lines": st.lists(texts(), min_size=1, max_size=2),
        "backup": st.fixed_dictionaries(
            {"frequencies": st.dictionaries(texts(), st.just(14), min_size=1, max_size=2)}
        ),
        "extra": st.dictionaries(texts(), st.one_of(texts(), st.just(1)), min_size=1, max_size=2),
    }
)
WORST = {
    "label": f" {HEADER}[[ {CALLS[0]} ]]",
    "comment": quote(f"{{{{ {CALLS[0]} }}}}"),
    "lines": [f"x{HEADER}[[ {CALLS[1]} ]]"],
    "backup": {"frequencies": {f"{{{{ {CALLS[0]} }}}}": 14}},
    "extra": {f"{HEADER}[[ {CALLS[1]} ]]": 1},
}
SOURCES = [
    *["label", "itcare_label", "comment", "lines", "lines[0]", "backup", "backup.frequencies"],
    *["extra", "extra | dict2items", "itcare_extra", "{label: comment}", "[label, comment]"],
    *["{'x': label}", "label ~ comment", "made"],
]
CHANGES = [
    *[" | trim", ".strip()", " | first", " | last", " | list", " | join", " | join(' ')"],
    *[".split(',')", ".split('x')", " | split('-')", "[1:]", "[:-1]", "[0]", " | string"],
    *[" | replace('x', '')", " | regex_replace('^[x, -]+', '')", " ~ ''", " ~ comment"],
    *[" | regex_search('[{#].*')", " | upper | lower", " | reverse"],
    *[
        " | dict2items",
        " | map(attribute='key') | list",
        " | map('trim') | list",
        " | items | list",
    ],
    *[" | to_json", " | to_json | from_json", " | from_yaml", " | default('x', true)", " | sort"],
    *[
        " | batch(1) | list",
        " | groupby(0)",
        ".keys() | list",
        ".values() | list",
        " | string | trim",
    ],
]
# Before ansible-core 2.19 only what is wrapped as a whole stays wrapped through these: results, and what `compose` made.
DECODING = [" | urldecode", " | b64decode"]


@st.composite
def expressions(draw: st.DrawFn, more: tuple[str, ...] = (), decoding: bool = True) -> str:
    changes = draw(st.lists(st.sampled_from(CHANGES + DECODING * decoding), max_size=3))
    changed = draw(st.sampled_from([*SOURCES, *more]))
    for change in changes:
        changed = f"({changed}){change}"
    return changed


def rendered(templates: list[str], variables: dict[str, Any]) -> list[str]:
    """What a play sees that sets a fact with each template, seeing those before it, and then uses it twice."""
    seen = []
    templar = Templar(loader=DataLoader(), variables=variables)
    for number, template in enumerate(templates):
        for name, text in ((f"fact{number}", template), (f"again{number}", f"fact{number}")):
            templar.available_variables = variables
            try:
                value = templar.template(trusted(f"{{{{ {text} }}}}"))
            except Exception as error:  # most of what is generated means nothing
                seen.append(str(error))
                break
            variables[name] = value
            seen.append(str(value))
    return seen


@pytest.fixture(autouse=True, scope="module")
def canary() -> Any:
    """Whoever executes what the tests hold shows this."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("ITCARE_TEST_CANARY", CANARY)
        assert rendered(CALLS, {}) == [CANARY] * 4
        yield


@pytest.mark.usefixtures("each_grouping")
@settings(max_examples=CASES, deadline=None)
@given(
    instance=INSTANCES,
    compose=st.lists(expressions(), min_size=1, max_size=3),
    key=expressions(),
    condition=expressions(),
    plays=st.lists(expressions(("fact0", "fact1"), decoding=False), min_size=1, max_size=3),
)
@example(instance=WORST, compose=["label | trim"], key="label", condition="label", plays=["made"])
@example(instance=WORST, compose=["lines[0][1:]"], key="label", condition="label", plays=["made"])
@example(instance=WORST, compose=["comment | urldecode"], key="x", condition="x", plays=["made"])
@example(
    instance=WORST,
    compose=["backup.frequencies"],
    key="label",
    condition="label",
    plays=["made | first", "backup.frequencies | first", "extra | list | join(',')"],
)
@example(  # a header that there is only when something has been taken away
    instance={**WORST, "label": f"{HEADER.replace('jin', 'jinx')}[[ {CALLS[1]} ]]"},
    compose=["label"],
    key="x",
    condition="x",
    plays=["label | replace('x', '')", "made | replace('x', '')"],
)
@example(  # a key that nobody has seen before it was decoded
    instance={**WORST, "comment": quote(json.dumps({f"{{{{ {CALLS[1]} }}}}": 1}))},
    compose=["comment | urldecode | from_json"],
    key="x",
    condition="x",
    plays=["made | first"],
)
def test_in_the_inventory_and_in_plays(
    instance: dict[str, Any], compose: list[str], key: str, condition: str, plays: list[str]
) -> None:
    options: dict[str, Any] = {
        "compose": {f"made{number or ''}": text for number, text in enumerate(compose)},
        "keyed_groups": [{"key": key, "prefix": "k", "parent_group": "{{ label ~ comment }}"}],
        "groups": {"one": condition},
    }
    fleet = [{"id": 1, "name": instance["label"], **instance}]
    try:
        found = Populated(fleet, hostnames=[compose[0], "name"], **options)
    except InputError:  # most of what is generated is no name
        found = Populated(fleet, **options)
    (host,) = found.plugin.inventory.hosts.values()
    said = [host.name, *found.plugin.inventory.groups]
    made = [name for name in host.vars if name.startswith("made")]
    everything = [*made, *plays, *(f"({name}){CHANGES[0]}" for name in made)]
    said += rendered(everything, {**host.vars, **{k: host.vars[f"itcare_{k}"] for k in instance}})
    assert CANARY not in repr(said)
    assert CANARY not in repr(host.vars)


@settings(max_examples=CASES, deadline=None)
@given(
    instance=INSTANCES,
    plays=st.lists(expressions(("fact0", "fact1")), min_size=1, max_size=4),
)
@example(instance=WORST, plays=["backup.frequencies", "fact0 | first", "fact1"])
def test_in_results_of_modules(instance: dict[str, Any], plays: list[str]) -> None:
    """A result as Ansible registers it."""
    result = to_snake({"instance": instance})["instance"]
    registered = result if TRUST_IS_GIVEN else wrap_var(result)
    assert CANARY not in repr(rendered(plays, dict(registered)))


@pytest.mark.usefixtures("each_grouping")
@pytest.mark.skipif(
    TRUST_IS_GIVEN, reason="ansible-core 2.19 and later execute it at once, or never"
)
def test_what_a_user_wrote_out_is_still_a_template() -> None:
    found = Populated([{"id": 1, "name": "A"}], compose={"site": "'{{ 6 * 7 }}'"})
    assert rendered(["site"], dict(found.hosts["A"]))[-1] == "42"
