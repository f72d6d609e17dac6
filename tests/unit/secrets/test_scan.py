# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No secret anywhere: what modules and inventory print at `-vvvv` with debug, store, ask for and show of their processes is looked through.

Well and failing, with the credentials given in each way. Where Ansible itself puts what a task is given stands in `ANSIBLES_OWN`.
"""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.parsing.vault import VaultLib, VaultSecret
from ansible.release import __version__ as core
from ansible_collections.cegedim.cloud.plugins.module_utils.api.user_agent import VERSION
from support.client import NAME, instance_of
from support.inventory import COLLECTIONS
from support.secret_scan import (
    COMMAND,
    DISK,
    ENVIRONMENT,
    PRINTED,
    Allowed,
    Evidence,
    Secret,
    allowed,
    leaks,
    watched,
)
from support.simulator import Simulator
from support.witness import Witness, witness_of

ROOT = Path(__file__).resolve().parents[3]
VALUE = "kQ7vXw2LpZ/+&<\"\u00e9'>=%tR9mYb4NcJ"
CLIENT_SECRET = Secret("client secret", VALUE)
# What is meant to be shown, so that where it isn't found nothing was looked through.
CANARY = Secret("canary", "c4n4ry-of-the-secret-scan")
VAULTED = "in-the-vault"
USER_AGENT = f"ansible-cegedim.cloud/{VERSION} (ansible-core/{core})"

# While a task runs, Ansible keeps what it was given in the file that it starts: on the controller and in the remote folder.
ANSIBLES_OWN = (
    "home/.ansible/tmp/ansible-local-*/*",
    "home/.ansible/tmp/ansible-tmp-*/AnsiballZ_itcare_*.py",
)
# With ANSIBLE_DEBUG it also prints what a module was given, once it has run.
ANSIBLES_WORDS = re.compile(rb"^ *\d+ [\d.]+: done with _execute_module \(.*\n", re.M)
TOKEN_CACHE = "runtime/cegedim.cloud-tokens/*"
FOLDERS = ("plays", "home", "tmp", "runtime", "cache", "config", "data", "state")

TASKS: dict[str, dict[str, Any]] = {
    "itcare_instance": {"name": NAME, "state": "stopped"},
    "itcare_instance_info": {"names": [NAME], "include": ["snapshot"]},
    "itcare_snapshot": {"names": [NAME], "description": "x"},
    "itcare_snapshot_info": {"names": [NAME]},
    "itcare_patch_party": {"names": [NAME], "patch_group": "2"},
    "itcare_patch_party_info": {"names": [NAME]},
    "itcare_action_info": {"names": [NAME]},
    "itcare_action_wait": {"names": [NAME]},
    "itcare_request": {"path": "/compute/instances", "query": {"names": NAME}},
}


@pytest.fixture(scope="module")
def guarded() -> Iterator[Simulator]:
    running = Simulator(instances=3, action_delay=0, client=[f"scan:{VALUE}:pow"])
    yield running
    running.stop()


@pytest.fixture
def witness(guarded: Simulator) -> Iterator[Witness]:
    guarded.reset()
    instance_of(guarded, comment=CANARY.value)
    with witness_of(guarded, CLIENT_SECRET) as server:
        yield server


class Scene:
    """A user with an empty home, who has everything logged, cached and kept. What they wrote themselves is in `own`."""

    def __init__(self, folder: Path, witness: Witness) -> None:
        self.folder = folder
        self.witness = witness
        self.evidence = witness.evidence = Evidence(folder)
        self.own: list[str] = []
        for name in FOLDERS:
            (folder / name).mkdir(mode=0o700)
        left_out = ("ANSIBLE_", "ITCARE_", "XDG_")
        kept = {k: v for k, v in os.environ.items() if not k.upper().startswith(left_out)}
        work = folder / "plays"
        self.env = {
            **{k: v for k, v in kept.items() if not k.lower().endswith("_proxy")},
            "HOME": str(folder / "home"),
            "TMPDIR": str(folder / "tmp"),
            "XDG_RUNTIME_DIR": str(folder / "runtime"),
            **{f"XDG_{name.upper()}_HOME": str(folder / name) for name in FOLDERS[4:]},
            "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_DEBUG": "1",
            "ANSIBLE_DISPLAY_TRACEBACK": "always",
            "ANSIBLE_INJECT_INVOCATION": "true",
            "ANSIBLE_LOG_PATH": str(work / "ansible.log"),
            "ANSIBLE_CACHE_PLUGIN": "ansible.builtin.jsonfile",
            "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(work / "facts"),
            "ANSIBLE_RETRY_FILES_ENABLED": "true",
            "ANSIBLE_KEEP_REMOTE_FILES": "0",
            "ANSIBLE_REMOTE_TMP": str(folder / "home" / ".ansible" / "tmp"),
            "ANSIBLE_VAULT_PASSWORD_FILE": self.write("vault-password", "sesame"),
        }

    def write(self, name: str, text: str) -> str:
        path = self.folder / "plays" / name
        path.write_text(text)
        self.own.append(f"plays/{name}")
        return str(path)

    def run(self, program: str, *arguments: str, **env: str) -> str:
        command = [sys.executable, str(Path(sys.executable).parent / program), *arguments]
        work = self.folder / "plays"
        done = watched([*command, "-vvvv"], self.evidence, {**self.env, **env}, work)
        printed = self.evidence.seen.pop((PRINTED, "stdout"))
        for content in printed:
            for line in ANSIBLES_WORDS.findall(content):
                self.evidence.add(PRINTED, "Ansible's debug", line)
            self.evidence.add(PRINTED, "stdout", ANSIBLES_WORDS.sub(b"", content))
        return done.stdout + done.stderr

    def play(self, tasks: list[dict[str, Any]], *arguments: str, **more: Any) -> str:
        env = more.pop("env", {})
        play = {"hosts": "localhost", "gather_facts": False, "tasks": tasks, **more}
        python = f"ansible_python_interpreter={sys.executable}"
        path = self.write("play.yml", json.dumps([play]))
        return self.run("ansible-playbook", path, "-e", python, *arguments, **env)

    def connection(self, **given: Any) -> dict[str, Any]:
        return {"api_url": self.witness.api(), "token_url": self.witness.token(), **given}

    def check(self, *exceptions: Allowed) -> None:
        """Nothing is anywhere but where it is allowed, and nothing but what the user wrote stays on disk."""
        secrets = self.secrets()
        names = [secret.name for secret in secrets]
        own = [allowed(DISK, name, *names) for name in self.own]
        cached = allowed(DISK, TOKEN_CACHE, "access token")
        found = leaks(self.evidence, secrets, [*own, cached, *exceptions])
        assert "\n".join(map(str, found)) == ""
        left = Evidence(self.folder)
        left.look_at_files()
        assert "\n".join(map(str, leaks(left, secrets, [*own, cached]))) == ""
        assert self.witness.user_agents == {USER_AGENT}

    def secrets(self) -> list[Secret]:
        return sorted(self.witness.secrets, key=str)


@pytest.fixture
def scene(witness: Witness) -> Iterator[Scene]:
    # A socket of Ansible is in it, whose path may have 107 characters, so pytest's folders are too long.
    with tempfile.TemporaryDirectory(prefix="scan-") as folder:
        yield Scene(Path(folder), witness)


def encrypted(text: str) -> str:
    """As ansible-vault does it, with the password that each scene has."""
    vault = VaultLib([("default", VaultSecret(b"sesame"))])
    return vault.encrypt(text).decode()


def while_it_runs(*names: str) -> list[Allowed]:
    return [
        allowed(PRINTED, "Ansible's debug", *names),
        *(allowed(DISK, pattern, *names) for pattern in ANSIBLES_OWN),
    ]


def well(modules: Any = tuple(TASKS)) -> list[dict[str, Any]]:
    return [
        {f"cegedim.cloud.{module}": TASKS[module], "register": f"well_{module}"}
        for module in modules
    ]


def failing(witness: Witness, modules: Any = tuple(TASKS)) -> list[dict[str, Any]]:
    """The API repeats what it is sent, the token endpoint does, and options are wrong."""
    wrong: list[tuple[str, dict[str, Any]]] = [
        *((module, {"api_url": witness.api("echo")}) for module in modules),
        (modules[0], {"api_url": witness.api("refuse")}),
        (modules[0], {"token_url": witness.token("refuse")}),
        (modules[0], {"token_url": witness.token("echo")}),
        (modules[0], {"nonsense": 1}),
        (modules[0], {"retries": -1}),
    ]
    return [
        {
            f"cegedim.cloud.{module}": {"retries": 0, **TASKS[module], **options},
            "register": f"failed_{number}",
            "ignore_errors": True,
        }
        for number, (module, options) in enumerate(wrong)
    ]


def kept(tasks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The tasks; then their results are made facts, shown, and the play fails."""
    names = ", ".join(task["register"] for task in tasks)
    return [
        *tasks,
        {"set_fact": {"kept": f"{{{{ [{names}] }}}}", "cacheable": True}},
        {"debug": {"var": "kept"}},
        {"fail": {"msg": "The end"}},
    ]


def test_every_module_is_looked_at() -> None:
    assert sorted(TASKS) == sorted(path.stem for path in ROOT.glob("plugins/modules/*.py"))


def test_modules_with_options(scene: Scene) -> None:
    tasks = kept([*well(), *failing(scene.witness)])
    given = scene.connection(client_id="scan", client_secret=VALUE)
    printed = scene.play(tasks, "--diff", module_defaults={"group/cegedim.cloud.itcare": given})
    ignored = len(failing(scene.witness))
    assert f"ok={len(tasks) - 1} " in printed, printed[-3000:]
    assert f"ignored={ignored}" in printed
    names = {secret.name for secret in scene.secrets()}
    assert names == {"client secret", "Basic header", "access token", "refresh token"}
    scene.check(*while_it_runs("client secret"))
    # All of it was looked through: what is no secret is found in each place.
    shown = " ".join(f"{leak.place}/{leak.where}" for leak in leaks(scene.evidence, [CANARY]))
    assert "printed/stdout" in shown
    assert "disk/plays/ansible.log" in shown
    assert re.search(r"disk/plays/facts/\S*localhost", shown)
    started = scene.evidence.names(COMMAND)
    assert [
        module for module in TASKS if not any(f"AnsiballZ_{module}.py" in c for c in started)
    ] == []
    at_work = {leak.where for leak in leaks(scene.evidence, [CLIENT_SECRET])}
    assert any("AnsiballZ_itcare_instance.py" in where for where in at_work)


def test_modules_with_the_environment_in_check_mode(scene: Scene) -> None:
    tasks = kept([*well(), *failing(scene.witness, ["itcare_snapshot"])])
    env = {"ITCARE_CLIENT_ID": "scan", "ITCARE_CLIENT_SECRET": VALUE}
    env |= {f"ITCARE_{key.upper()}": value for key, value in scene.connection().items()}
    printed = scene.play(tasks, "--check", "--diff", env=env)
    assert f"ok={len(tasks) - 1} " in printed, printed[-3000:]
    scene.check(allowed(ENVIRONMENT, "*", "client secret"))


def test_modules_with_a_secret_that_is_looked_up(scene: Scene) -> None:
    """From a file, and from a vault."""
    secret = scene.write("secret", VALUE)
    vaulted = scene.write("vault.yml", encrypted(json.dumps({"vaulted": VALUE})))
    tasks = [*well(["itcare_instance_info"] * 2), *failing(scene.witness, ["itcare_patch_party"])]
    for number, task in enumerate(tasks):
        (module,) = (key for key in task if key.startswith("cegedim"))
        looked_up = f"{{{{ lookup('ansible.builtin.file', '{secret}') }}}}"
        source = looked_up if number % 2 else "{{ vaulted }}"
        task[module] = {**scene.connection(client_id="scan", client_secret=source), **task[module]}
    printed = scene.play(kept(tasks), vars_files=[vaulted])
    assert f"ok={len(tasks) + 2} " in printed, printed[-3000:]
    scene.check(*while_it_runs("client secret"))


def test_modules_with_an_access_token(scene: Scene) -> None:
    answer = scene.witness.granted("scan", VALUE)
    some = ["itcare_patch_party"]
    tasks = kept([*well(some), *failing(scene.witness, some)])
    given = {"api_url": scene.witness.api(), "access_token": answer}
    printed = scene.play(tasks, module_defaults={"group/cegedim.cloud.itcare": given})
    assert f"ok={len(tasks) - 1} " in printed, printed[-3000:]
    scene.check(*while_it_runs("access token"))


def test_what_ansible_keeps_when_it_is_told_to(scene: Scene) -> None:
    """Not ours to change, so it must be known: what a task is given, and nothing else."""
    env = {"ANSIBLE_KEEP_REMOTE_FILES": "1"}
    given = scene.connection(client_id="scan", client_secret=VALUE)
    tasks = well(["itcare_instance_info"])
    scene.play(tasks, env=env, module_defaults={"group/cegedim.cloud.itcare": given})
    left = Evidence(scene.folder)
    left.look_at_files()
    cached = allowed(DISK, TOKEN_CACHE, "access token")
    found = leaks(
        left, scene.secrets(), [*(allowed(DISK, own, "client secret") for own in scene.own), cached]
    )
    assert {leak.secret for leak in found} == {"client secret"}
    assert [leak.where for leak in found if "/ansible-tmp-" not in leak.where] == []
    # With the environment there is nothing to keep.
    (scene.folder / "plays" / "play.yml").unlink()
    other = scene.connection()
    env |= {"ITCARE_CLIENT_ID": "scan", "ITCARE_CLIENT_SECRET": VALUE}
    before = {leak.where for leak in found}
    scene.play(tasks, env=env, module_defaults={"group/cegedim.cloud.itcare": other})
    again = Evidence(scene.folder)
    again.look_at_files()
    assert {leak.where for leak in leaks(again, scene.secrets(), [cached])} <= before | {
        "plays/secret"
    }


def source(scene: Scene, name: str, **options: Any) -> list[str]:
    cache = {
        "cache": True,
        "cache_plugin": "ansible.builtin.jsonfile",
        "cache_connection": str(scene.folder / "plays" / "inventory-cache"),
    }
    content = {"plugin": "cegedim.cloud.itcare", **scene.connection(**cache), **options}
    text = yaml.safe_dump(content)
    if content.get("client_secret") == VAULTED:
        text = text.replace(VAULTED, "!vault |\n" + textwrap.indent(encrypted(VALUE), "  "))
    return ["-i", scene.write(f"{name}.itcare.yml", text)]


def bad_sources(scene: Scene, **given: Any) -> list[str]:
    witness = scene.witness
    bad: list[dict[str, Any]] = [
        {"api_url": witness.api("echo")},
        {"api_url": witness.api("refuse")},
        {"request_timeout": "soon"},
        {"nonsense": 1},
        {"hostnames": ["nonsense"]},
    ]
    if "access_token" not in given:
        bad += [{"token_url": witness.token("echo")}, {"token_url": witness.token("refuse")}]
    # An address of its own for each, as a cache of another would do.
    sources = (
        source(scene, f"bad{number}", **{**given, "retries": 0, "names": [f"X{number}"], **wrong})
        for number, wrong in enumerate(bad)
    )
    return [argument for arguments in sources for argument in arguments]


def test_inventory_with_options(scene: Scene) -> None:
    """A secret in the file, one that is looked up, one from a vault; the cache cold, then warm."""
    path = scene.write("secret", VALUE)
    plain = {"client_id": "scan", "client_secret": VALUE}
    looked_up = f"{{{{ lookup('ansible.builtin.file', '{path}') }}}}"
    sources = [
        *source(scene, "plain", **plain),
        *source(scene, "lookup", client_id="scan", client_secret=looked_up, exclude_names=["A"]),
        *source(scene, "vault", client_id="scan", client_secret=VAULTED, exclude_names=["B"]),
    ]
    cold = scene.run("ansible-inventory", "--list", *sources)
    assert NAME in cold, cold[-3000:]
    assert len(list((scene.folder / "plays" / "inventory-cache").iterdir())) == 3
    asked = len(scene.witness.asked)
    warm = scene.run("ansible-inventory", "--graph", *sources)
    assert NAME in warm, warm[-3000:]
    assert len(scene.witness.asked) == asked
    bad = scene.run("ansible-inventory", "--list", *bad_sources(scene, **plain))
    assert "answered 500" in bad
    assert "answered 401" in bad
    scene.check()
    found = {leak.where for leak in leaks(scene.evidence, [CANARY]) if leak.place == DISK}
    assert any("inventory-cache" in where for where in found)


@pytest.mark.parametrize("way", ["environment", "access token"])
def test_inventory_with(scene: Scene, way: str) -> None:
    env, given = {"ITCARE_CLIENT_ID": "scan", "ITCARE_CLIENT_SECRET": VALUE}, {}
    if way == "access token":
        env, given = {}, {"access_token": scene.witness.granted("scan", VALUE)}
    sources = [*source(scene, "well", **given), *bad_sources(scene, **given)]
    printed = scene.run("ansible-inventory", "--list", *sources, **env)
    assert NAME in printed, printed[-3000:]
    assert "answered 500" in printed
    scene.check(*([allowed(ENVIRONMENT, "*", "client secret")] if env else []))
