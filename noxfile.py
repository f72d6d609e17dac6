# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ``make`` runs. ``nox --list`` shows the sessions; each runs on its own with ``nox -s NAME``."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tarfile
from pathlib import Path

import antsibull_nox
import nox

ROOT = Path(__file__).resolve().parent
CACHE = ROOT / ".cache"
COLLECTIONS = CACHE / "collections"
SIMULATOR_FILES = ROOT / "roles" / "simulator" / "files"

# ansible-core -> the Python it is tested with. Three of them do with the lowest that development needs.
UNITS = {
    "2.16": "3.11",
    "2.17": "3.10",
    "2.18": "3.11",
    "2.19": "3.11",
    "2.20": "3.12",
    "2.21": "3.13",
}
# What knows nothing of Ansible is tested with the lowest, the usual and the newest Python only; what takes long beside that, with an old
# and the newest.
ONLY_ON = {
    "tests/unit/simulator": ("2.16", "2.17", "2.21"),
    "tests/unit/module_utils": ("2.16", "2.17", "2.21"),
    "tests/unit/module_utils/planning/test_fault_matrix.py": ("2.16", "2.21"),
    "tests/unit/module_utils/resources/request": ("2.16", "2.21"),
    "tests/unit/module_utils/resources/test_any_answer.py": ("2.16", "2.21"),
    "tests/unit/inventory/test_accounts.py": ("2.16", "2.21"),
    "tests/unit/inventory/test_faults.py": ("2.16", "2.21"),
    "tests/unit/modules/test_faults.py": ("2.16", "2.21"),
    "tests/unit/modules/test_shared_token.py": ("2.16", "2.21"),
    "tests/unit/test_guides.py": ("2.16", "2.21"),
    "tests/unit/secrets": ("2.18", "2.21"),
}
SCENARIOS = {"2.18": "3.11", "2.19": "3.11", "2.21": "3.12"}
SANITY = {"2.16": "3.11", "2.19": "3.11", "2.21": "3.12"}
BENCH = {"2.18": "3.11", "2.21": "3.13"}

# The newest of them that the running Python can have.
ANY_CORE = "ansible-core>=2.16,<2.22"
SIMULATOR = ("-r", "roles/simulator/files/requirements.txt")

nox.options.reuse_venv = "yes"
nox.options.sessions = ["demo"]


def use_every_python() -> None:
    """Put the Pythons that pyenv holds on PATH: its shims of versions that are not active only fail."""
    pyenv = shutil.which("pyenv")
    if pyenv is None:
        return
    root = subprocess.run([pyenv, "root"], capture_output=True, text=True, check=True).stdout
    links = CACHE / "python"
    links.mkdir(parents=True, exist_ok=True)
    versions = [path for path in Path(root.strip(), "versions").glob("3.*") if path.is_dir()]
    for version in versions:
        major, minor = version.name.split(".")[:2]
        link = links / f"python{major}.{minor}"
        target = version / "bin" / "python"
        if target.exists() and not link.exists():
            # Several nox processes do this at once: the last rename wins, and all are right.
            new = link.with_name(f"{link.name}.{os.getpid()}")
            new.symlink_to(target)
            new.replace(link)
    os.environ["PATH"] = f"{links}{os.pathsep}{os.environ['PATH']}"


def forget_the_users_settings() -> None:
    """Tests must not be led elsewhere, least of all to the real API with real credentials."""
    for name in list(os.environ):
        if name.startswith(("ANSIBLE_", "ITCARE_", "MOLECULE_")):
            del os.environ[name]


def use_own_programs() -> None:
    """antsibull-nox calls ansible-galaxy, which is installed beside nox."""
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"


use_own_programs()
use_every_python()
forget_the_users_settings()
antsibull_nox.load_antsibull_nox_toml()


def core(release: str) -> str:
    """The requirement for a release of ansible-core."""
    return f"ansible-core~={release}.0"


def environment(session: nox.Session, **extra: object) -> dict[str, str]:
    """Ansible sees this checkout as the installed collection, and writes into .cache only."""
    link = COLLECTIONS / "ansible_collections" / "cegedim" / "cloud"
    link.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        link.symlink_to(os.path.relpath(ROOT, link.parent))
    home = CACHE / "home" / session.name
    home.mkdir(parents=True, exist_ok=True)
    for name in (".config", ".pip"):  # pip's settings, for what installs by itself
        users, ours = Path.home() / name, home / name
        if users.exists() and not ours.exists():
            ours.symlink_to(users)
    return {
        "HOME": str(home),
        # Where the user's access tokens are; without it they are in the home.
        "XDG_RUNTIME_DIR": "",
        "XDG_CACHE_HOME": str(home / ".cache"),
        # Ansible would take it from the account's real home.
        "ANSIBLE_REMOTE_TMP": str(home / "tmp"),
        "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
        **{name: str(value) for name, value in extra.items()},
    }


def sources() -> list[str]:
    """The files of the checkout that git doesn't ignore."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    # A file that was deleted but is still committed is listed too.
    return [name for name in listing.split("\0") if name and os.path.lexists(name)]


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@nox.session
def demo(session: nox.Session) -> None:
    """Run playbooks/demo.yml: a fleet's day against the simulator."""
    session.install(ANY_CORE, "-r", "requirements.txt", *SIMULATOR)
    # What it shows is for people: short, and without a second environment for the simulator.
    env = environment(
        session, ANSIBLE_CALLBACK_RESULT_FORMAT="yaml", ANSIBLE_DISPLAY_SKIPPED_HOSTS="false"
    )
    simulator_python = f"simulator_python={session.bin}/python"
    session.run(
        "ansible-playbook", "playbooks/demo.yml", "-e", simulator_python, *session.posargs, env=env
    )


def units(session: nox.Session, release: str) -> None:
    """Run the unit and property tests."""
    session.install(core(release), "-r", "tests/unit/requirements.txt", *SIMULATOR)
    left_out = [path for path, releases in ONLY_ON.items() if release not in releases]
    tests = ["-n", "2", "tests/unit", *(f"--ignore={path}" for path in left_out)]
    session.run(
        "pytest",
        *(session.posargs or tests),
        env=environment(session, PYTHONPATH=COLLECTIONS),
    )


def sanity(session: nox.Session, release: str) -> None:
    """Run ansible-test sanity on a copy: it wants to own the folder it works in."""
    session.install(core(release))
    env = environment(session)
    cache = Path(env["HOME"], ".ansible", "test", "cache")
    cache.mkdir(parents=True, exist_ok=True)
    for version in ("23_1_2", "24_2", "25_2"):
        shutil.copyfile(".ci/get_pip.py", cache / f"get_pip_{version}.py")
    copy = CACHE / session.name / "ansible_collections" / "cegedim" / "cloud"
    shutil.rmtree(copy, ignore_errors=True)
    for name in sources():
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(name, copy / name, follow_symlinks=False)
    with session.chdir(copy):
        # Without a repository of its own it would ask ours, where .cache is ignored, and test nothing.
        session.run("git", "init", "--quiet", external=True)
        session.run(
            "ansible-test",
            "sanity",
            "--venv",
            "--python",
            SANITY[release],
            "--color",
            "no",
            *session.posargs,
            env=env,
        )


def scenarios(session: nox.Session, release: str) -> None:
    """Run the molecule scenarios against one simulator."""
    session.install(core(release), "molecule", "-r", "requirements.txt", *SIMULATOR)
    env = environment(session, SIMULATOR_PORT=free_port())
    # A run that was broken off leaves a state that says that the simulator is there.
    shutil.rmtree(Path(env["HOME"], ".ansible"), ignore_errors=True)
    session.run(
        "molecule",
        *(session.posargs or ["test", "--all"]),
        env=env,
    )


def bench(session: nox.Session, release: str) -> None:
    """Measure what the performance claims stand on. Arguments: a benchmark and its options; all benchmarks if none."""
    session.install(core(release), "-r", "requirements.txt", "pytest", *SIMULATOR)
    # Other collections, to compare with: hetzner.hcloud needs dateutil.
    session.install("--no-deps", "ansible")
    session.install("python-dateutil")
    env = environment(session, PYTHONPATH=f"{COLLECTIONS}{os.pathsep}{SIMULATOR_FILES}")
    scripts = [[script] for script in sorted(map(str, Path("tests/benchmarks").glob("*.py")))]
    for command in [session.posargs] if session.posargs else scripts:
        session.run("python", *command, env=env)


SESSIONS = ((units, UNITS), (scenarios, SCENARIOS), (sanity, SANITY), (bench, BENCH))
for run, releases in SESSIONS:
    for release, python in releases.items():

        def on_release(session: nox.Session, run=run, release=release) -> None:  # type: ignore
            run(session, release)

        on_release.__doc__ = f"{run.__doc__} ansible-core {release}."
        nox.session(name=f"{run.__name__}-{release}", python=python)(on_release)


@nox.session
def build(session: nox.Session) -> None:
    """Build the tarball, install it into an empty folder, and use it with ansible-core and requests alone."""
    session.install(ANY_CORE, "-r", "requirements.txt")
    place = Path(session.create_tmp()).resolve()
    shutil.rmtree(place)
    installed = place / "installed"
    env = environment(session, ANSIBLE_COLLECTIONS_PATH=installed)
    galaxy = ("ansible-galaxy", "collection")
    session.run(*galaxy, "build", "--output-path", str(place), env=env)
    (tarball,) = place.glob("*.tar.gz")
    with tarfile.open(tarball) as archive:
        files = {member.name for member in archive if not member.isdir()}
    if strangers := files - {"MANIFEST.json", "FILES.json", *sources()}:
        session.error(f"Not for users, so list it in build_ignore of galaxy.yml: {strangers}")
    with session.chdir(place):
        session.run(*galaxy, "install", "--offline", "-p", str(installed), str(tarball), env=env)
        session.run(*galaxy, "verify", "--offline", "cegedim.cloud", env=env)
        for kind, folder in (("module", "modules"), ("inventory", "inventory")):
            names = [path.stem for path in ROOT.glob(f"plugins/{folder}/*.py")]
            command = ("ansible-doc", "--type", kind, "--json")
            plugins = [f"cegedim.cloud.{name}" for name in sorted(names)]
            shown = json.loads(session.run(*command, *plugins, env=env, silent=True) or "{}")
            if sorted(shown) != plugins:
                session.error(f"ansible-doc shows {sorted(shown)} instead of {plugins}.")
        session.run("ansible-playbook", str(ROOT / "tests" / "installed" / "use.yml"), env=env)


@nox.session
def changelog(session: nox.Session) -> None:
    """Check the changelog's fragments."""
    session.install("antsibull-changelog", ANY_CORE)
    session.run("antsibull-changelog", "lint")


@nox.session
def docs(session: nox.Session) -> None:
    """Build the documentation site in docs/_build; warnings are errors."""
    session.install(
        ANY_CORE,
        "-r",
        "requirements.txt",
        "antsibull-docs",
        "ansible-pygments",
        "sphinx",
        "sphinx-ansible-theme",
    )
    pages = Path(session.create_tmp(), "rst")
    shutil.rmtree(pages, ignore_errors=True)
    pages.mkdir(mode=0o755)
    env = environment(session)
    session.run(
        "antsibull-docs",
        "collection",
        "--use-current",
        "--fail-on-error",
        "--squash-hierarchy",
        "--dest-dir",
        str(pages),
        "cegedim.cloud",
        env=env,
    )
    shutil.rmtree("docs/_build", ignore_errors=True)
    session.run(
        "sphinx-build", "-W", "--keep-going", "-q", "-c", "docs", str(pages), "docs/_build", env=env
    )
    session.log("The site: docs/_build/index.html")
