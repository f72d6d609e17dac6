# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The modules as Ansible calls them: options in, JSON out, within this process."""

from __future__ import annotations

import html
import importlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import yaml
from ansible.module_utils import basic
from support.client import executed, instance_of
from support.inventory import run_ansible, said
from support.modules import MODULES, arguments
from support.simulator import Simulator

NAME = "PEB4TEST01"
# keys that a dictionary's methods or Ansible's results would hide
TAKEN = set(dir(dict)) | {
    "changed",
    "failed",
    "skipped",
    "rc",
    "msg",
    "diff",
    "warnings",
    "results",
}


Run = Callable[..., dict[str, Any]]


@pytest.fixture
def run(
    simulator: Simulator, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Run:
    for name in ("api_url", "token_url", "client_id", "client_secret"):
        monkeypatch.setenv(f"ITCARE_{name.upper()}", simulator.options()[name])

    def call(module: str, options: dict[str, Any], check: bool = False) -> dict[str, Any]:
        main = importlib.import_module(
            f"ansible_collections.cegedim.cloud.plugins.modules.{module}"
        ).main
        given = {"_ansible_check_mode": check, "_ansible_diff": True, **options}
        with arguments(given), pytest.raises(SystemExit) as ended:
            main()
        output = capsys.readouterr()
        result: dict[str, Any] = json.loads(output.out)
        assert ended.value.code == (1 if result.get("failed") else 0)
        assert "demo-secret" not in output.out + output.err
        return result

    return call


CREATE = {
    "name": "PEB4NEW01",
    "region": "EB4",
    "platform": "deb12",
    "sizing": "2cpu4gb",
    "service_id": 16,
}
# module -> (options that change something, None for a module that can't; key of the result; what it holds)
WORK: dict[str, tuple[dict[str, Any], str]] = {
    "itcare_instance": ({"name": NAME, "state": "stopped"}, "instance"),
    "itcare_instance_info": ({"names": [NAME], "include": ["snapshot"]}, "instances"),
    "itcare_snapshot": ({"names": [NAME], "description": "x"}, "snapshots"),
    "itcare_snapshot_info": ({"names": [NAME]}, "snapshots"),
    "itcare_patch_party": ({"names": [NAME], "patch_group": "2"}, "instances"),
    "itcare_patch_party_info": ({"names": [NAME]}, "patch_parties"),
    "itcare_action_info": ({"names": [NAME]}, "itcare_actions"),
    "itcare_action_wait": ({"names": [NAME]}, "itcare_actions"),
    "itcare_request": (
        {
            "method": "PATCH",
            "path": "/compute/instances/10041",
            "body": {"operation": "stop"},
            "unless": {
                "path": "/compute/instances",
                "query": {"names": NAME},
                "key": "content.status",
                "equals": "INACTIVE",
            },
        },
        "response",
    ),
}
WRITING = ["itcare_instance", "itcare_patch_party", "itcare_request", "itcare_snapshot"]


def test_every_module_is_tested() -> None:
    assert sorted(WORK) == MODULES


@pytest.mark.parametrize("module", MODULES)
def test_check_mode_then_for_real_then_again(simulator: Simulator, run: Run, module: str) -> None:
    instance_of(simulator)
    options, key = WORK[module]
    predicted = run(module, options, check=True)
    assert not simulator.writes()
    real = run(module, options)
    again = run(module, options)
    assert predicted["changed"] == real["changed"] == (module in WRITING)
    assert not again["changed"]
    for result in (predicted, real, again):
        assert key in result
        assert not TAKEN & (set(result) - {"changed", "diff", "invocation", "warnings"})
    assert ("diff" in predicted, "diff" in real, "diff" in again) == (
        (True, True, False) if module in WRITING else (False, False, False)
    )
    assert predicted.get("diff") == real.get("diff")
    assert len(executed(simulator)) == (1 if module in WRITING else 0)


@pytest.mark.parametrize("module", MODULES)
def test_a_failure(simulator: Simulator, run: Run, module: str) -> None:
    simulator.fault(method="GET", path="/itcare", count=0, fault={"status": 403})
    options, _key = WORK[module]
    result = run(module, options)
    assert result["failed"]
    assert result["msg"].startswith("GET /compute/instances answered 403")
    assert result["itcare_error"] == {"method": "GET", "path": "/compute/instances", "status": 403}
    assert not result["changed"]


@pytest.mark.parametrize("module", MODULES)
def test_no_credentials(
    simulator: Simulator, run: Run, monkeypatch: pytest.MonkeyPatch, module: str
) -> None:
    monkeypatch.delenv("ITCARE_CLIENT_SECRET")
    result = run(module, WORK[module][0])
    assert result["msg"].startswith(
        "client_secret is missing (environment variable ITCARE_CLIENT_SECRET)"
    )
    assert not simulator.requests()


@pytest.mark.parametrize("module", MODULES)
def test_options_win_over_the_environment(
    simulator: Simulator, run: Run, monkeypatch: pytest.MonkeyPatch, module: str
) -> None:
    instance_of(simulator)
    for name in ("API_URL", "TOKEN_URL", "CLIENT_ID", "CLIENT_SECRET"):
        monkeypatch.setenv(f"ITCARE_{name}", "http://127.0.0.1:9/not/this/one")
    monkeypatch.setenv("ITCARE_RETRIES", "0")
    monkeypatch.setenv("ITCARE_VALIDATE_CERTS", "false")
    connection = {
        k: v for k, v in simulator.options().items() if k.endswith(("_url", "_id", "_secret"))
    }
    assert "failed" not in run(module, {**WORK[module][0], **connection})


@pytest.mark.parametrize("module", MODULES)
@pytest.mark.parametrize(
    ("name", "value"), [("RETRIES", "many"), ("REQUEST_TIMEOUT", "0"), ("RETRIES", "-1")]
)
def test_wrong_environment(
    simulator: Simulator,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    module: str,
    name: str,
    value: str,
) -> None:
    monkeypatch.setenv(f"ITCARE_{name}", value)
    result = run(module, WORK[module][0])
    assert name.lower() in result["msg"]
    assert f"ITCARE_{name}" in result["msg"]
    assert not simulator.requests()


def test_a_given_account_beats_a_token_of_the_environment(
    simulator: Simulator, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = {key: simulator.options()[key] for key in ("client_id", "client_secret")}
    for name in ("CLIENT_ID", "CLIENT_SECRET"):
        monkeypatch.delenv(f"ITCARE_{name}")
    monkeypatch.setenv("ITCARE_ACCESS_TOKEN", "somebody-elses")
    assert len(run("itcare_instance_info", pair)["instances"]) == 40
    simulator.clear_requests()
    both = run("itcare_instance_info", {**pair, "access_token": "somebody-elses"})
    assert both["msg"].startswith("Both access_token and client_id, client_secret are set: ")
    assert not simulator.requests()


def test_empty_variables_are_not_set(
    simulator: Simulator, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = simulator.options()
    for name in options:
        monkeypatch.setenv(f"ITCARE_{name.upper()}", "")
    given = ("api_url", "token_url", "client_id", "client_secret")
    result = run("itcare_instance_info", {name: options[name] for name in given})
    assert len(result["instances"]) == 40
    assert not result.get("warnings")


def test_secrets_of_the_environment_are_masked_too(simulator: Simulator, run: Run) -> None:
    """`run` looks for the secret in all that is printed."""
    instance_of(simulator, label="a demo-secret b")
    (found,) = run("itcare_instance_info", {"names": [NAME]})["instances"]
    assert found["label"] == "a ******** b"


@pytest.mark.parametrize("value", ["ture", "enabled", "None", "/etc/ssl/ca.pem"])
def test_certificates_are_checked_unless_told_so(
    secure: Simulator, run: Run, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    for name in ("api_url", "token_url"):
        monkeypatch.setenv(f"ITCARE_{name.upper()}", secure.options()[name])
    result = run("itcare_instance_info", {"validate_certs": value})
    assert "validate_certs" in result["msg"]
    monkeypatch.setenv("ITCARE_VALIDATE_CERTS", value)
    result = run("itcare_instance_info", {})
    assert "ITCARE_VALIDATE_CERTS" in result["msg"]
    assert value in result["msg"]
    monkeypatch.setenv("ITCARE_VALIDATE_CERTS", "")
    assert "can't be trusted" in run("itcare_instance_info", {})["msg"]
    assert not secure.requests()


def test_unchecked_certificates_are_one_warning(secure: Simulator, tmp_path: Path) -> None:
    options = {**secure.options(validate_certs=False), "ids": [1, 2]}
    given = json.dumps({key: value for key, value in options.items() if value is not None})
    python = f"ansible_python_interpreter={sys.executable}"
    module = ("-m", "cegedim.cloud.itcare_instance_info", "-a", given, "-e", python)
    done = run_ansible("ansible", tmp_path, "localhost", *module)
    assert done.returncode == 0, said(done)
    assert said(done).count("aren't checked, as validate_certs is false") == 1
    assert "Insecure" not in said(done)


def test_a_token_is_hidden(simulator: Simulator, run: Run) -> None:
    result = run("itcare_instance_info", {"access_token": "abc-secret-token"})
    assert result["itcare_error"]["status"] == 401
    assert "abc-secret-token" not in json.dumps(result)


@pytest.mark.parametrize(
    ("module", "options", "said"),
    [
        ("itcare_instance", {}, "one of the following is required: name, id"),
        ("itcare_instance", {"name": "a", "id": 1}, "mutually exclusive: name|id"),
        ("itcare_instance", {"name": ""}, "name must not be empty"),
        ("itcare_instance", {"name": "a", "state": "gone"}, "value of state must be one of"),
        ("itcare_instance", {"name": "a", "wait_timeout": 0}, "wait_timeout must be more than 0"),
        ("itcare_instance", {"name": "a", "wait_timeout": 10**400}, "and at most 31536000"),
        ("itcare_instance", {"name": "a", "wait_interval": 10**400}, "and at most 31536000"),
        ("itcare_instance", {"name": "a", "request_timeout": 10**12}, "and at most 31536000"),
        ("itcare_instance", {"name": "a", "api_url": f"http://{'a' * 70}.example"}, "api_url"),
        ("itcare_instance", {"name": "a" * 256}, "name is a host name of at most 255 characters"),
        ("itcare_instance", {"name": "a", "change_reference": "x" * 11}, "at most 10 characters"),
        ("itcare_instance", {"name": "NEW", "state": "started"}, "creating it needs: region, plat"),
        ("itcare_instance_info", {"sort": "a;b"}, "sort is one property"),
        ("itcare_instance_info", {"filters": {"tags": ["x"]}}, "key:value"),
        ("itcare_instance_info", {"filters": {"tgas": ["x"]}}, "tgas"),
        ("itcare_instance_info", {"filters": {"services": [*range(1500)]}}, "filters.services makes"),
        ("itcare_snapshot", {}, "never takes all instances"),
        ("itcare_snapshot", {"names": [NAME], "max_age": "x"}, "max_age is a number"),
        ("itcare_snapshot", {"names": [NAME], "concurrency": 0}, "concurrency is a number"),
        ("itcare_snapshot", {"names": [NAME], "state": "absent", "snapshot_id": " "},
         "snapshot_id must not be empty"),
        ("itcare_snapshot", {"ids": [1, 2]}, "no instance with id 1, 2"),
        ("itcare_patch_party", {"names": ["A"]}, "give excluded, or patch_group"),
        ("itcare_patch_party", {"names": ["A"], "patch_group": 4}, "value of patch_group"),
        ("itcare_patch_party", {"patch_group": 1, "filters": {"types": ["LINUX"]}, "max_targets": 1},
         "more than max_targets (1)"),
        ("itcare_action_wait", {}, "one of the following is required: action_ids, names, ids, filters"),
        ("itcare_action_wait", {"action_ids": [1], "names": ["A"]}, "mutually exclusive"),
        ("itcare_action_wait", {"action_ids": [5]}, "no action with the id 5"),
        ("itcare_action_info", {"statuses": ["DONE"]}, "value of statuses must be one or more of"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("check", [False, True])
def test_bad_input(
    simulator: Simulator, run: Run, module: str, options: dict[str, Any], said: str, check: bool
) -> None:
    result = run(module, options, check)
    assert result["failed"]
    assert said in result["msg"]
    assert not result.get("changed")
    assert not simulator.writes() or all("/token" in e["path"] for e in simulator.writes())


SECRET = 'Kz8&w"m2Q<x4Vn7p'
PROPERTIES = [{"key": "count", "value": "2"}, {"key": "code", "secret_value": SECRET}]


def forms(secret: str) -> list[str]:
    """A secret as JSON, an address or a web page would show it."""
    return [secret, json.dumps(secret)[1:-1], quote(secret, safe=""), html.escape(secret)]


@pytest.mark.parametrize("check", [True, False])
def test_a_secret_property_is_sent_and_shown_nowhere(
    simulator: Simulator, tmp_path: Path, check: bool
) -> None:
    connection = {key: simulator.options()[key] for key in ("api_url", "token_url", "client_id")}
    given = {**CREATE, "properties": PROPERTIES, **connection, "client_secret": "demo-secret"}
    python = f"ansible_python_interpreter={sys.executable}"
    call = ("-m", "cegedim.cloud.itcare_instance", "-a", json.dumps(given), "-e", python)
    flags = ("-vvv", "--diff", *(["--check"] if check else []))
    # The newest releases show what a module was called with only when asked to.
    asked = {"ANSIBLE_INJECT_INVOCATION": "true"}
    done = run_ansible("ansible", tmp_path, "localhost", *call, *flags, **asked)
    assert done.returncode == 0, said(done)
    printed = done.stdout + done.stderr
    assert '"cpu": 2' in printed
    assert '"value": "2"' in printed
    assert not [form for form in forms(SECRET) if form in printed]
    sent = [entry["body"]["properties"] for entry in executed(simulator)]
    shown = [{"key": "count", "value": "2"}, {"key": "code", "value": SECRET}]
    assert sent == ([] if check else [shown])


@pytest.mark.parametrize("form", range(4))
def test_no_error_shows_a_secret_property(simulator: Simulator, run: Run, form: int) -> None:
    """Whatever form the server repeats it in, and wherever its words are cut."""
    text = forms(SECRET)[form]
    said = f"{'x' * 290} {text} is too weak, {text}"
    body = {"errorCode": "INVALID", "errorMessage": said} if form % 2 else said
    simulator.fault(
        method="POST",
        path="/instances$",
        count=0,
        fault={"status": 422, "body": json.dumps(body) if form % 2 else body},
    )
    result = run("itcare_instance", {**CREATE, "properties": PROPERTIES})
    assert result["failed"]
    assert "xxx" in result["msg"]
    printed = json.dumps(result)
    assert not [shown for shown in forms(SECRET) if shown[:6] in printed]


@pytest.mark.parametrize("form", range(4))
def test_no_action_shows_a_secret_property(simulator: Simulator, run: Run, form: int) -> None:
    """It is told by a good answer that it failed, and why."""
    said = f"{forms(SECRET)[form]} is too weak"
    simulator.control("POST", "/control/actions", {"fail": 1, "message": said})
    result = run("itcare_instance", {**CREATE, "properties": PROPERTIES})
    assert result["failed"]
    assert "is too weak" in result["msg"]
    assert "is too weak" in result["itcare_actions"][0]["message"]
    printed = json.dumps(result)
    assert not [shown for shown in forms(SECRET) if shown in printed]


# A call with secrets; with `wrong` put over it, one that is refused.
SECRETS = {
    "body": {"code": SECRET, "pin": 471108, "on": True, "none": ""},
    "path": "/compute/nothing",
}
CALL = {
    "method": "POST",
    **SECRETS,
    "sensitive": ["code", "pin", "on", "none"],
    "unless": {"path": "/compute/instances/1", "exists": True},  # 404
}


@pytest.mark.parametrize(
    ("check", "wrong"),
    [
        (True, {}),
        (False, {}),
        (False, {"wait_timeout": "soon"}),
        (False, {"wait_timeout": -1}),
        (False, {"path": f"/x/{SECRET}/", "query": {"a": {"b": SECRET}}}),
        (False, {"sensitive": ["code", "pin", "on", "a..b"]}),
    ],
    ids=str,
)
def test_what_is_sensitive_is_shown_nowhere(
    simulator: Simulator, tmp_path: Path, check: bool, wrong: dict[str, Any]
) -> None:
    said_by_it = {"status": 422, "body": json.dumps({"errorMessage": f"{SECRET} and 471108"})}
    simulator.fault(method="POST", path="nothing", count=0, fault=said_by_it)
    connection = {key: simulator.options()[key] for key in ("api_url", "token_url", "client_id")}
    given = {**CALL, **connection, "client_secret": "demo-secret", **wrong}
    # Not in the play itself, as the newest releases quote the task that failed.
    variables, play = tmp_path / "given.json", tmp_path / "play.yml"
    variables.write_text(json.dumps({"given": given, "ansible_python_interpreter": sys.executable}))
    task = {"cegedim.cloud.itcare_request": {name: f"{{{{ given.{name} }}}}" for name in given}}
    play.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": [task]}]))
    flags = ("-vvv", "--diff", "-e", f"@{variables}", *(["--check"] if check else []))
    asked = {"ANSIBLE_INJECT_INVOCATION": "true", "ANSIBLE_DISPLAY_TRACEBACK": "always"}
    done = run_ansible("ansible-playbook", tmp_path, str(play), *flags, **asked)
    assert (done.returncode == 0) is (check and not wrong), said(done)
    printed = done.stdout + done.stderr
    assert not [form for form in (*forms(SECRET), "471108") if form in printed]
    assert "********" in printed
    sent = [entry["body"] for entry in simulator.writes()]
    assert sent == ([] if check or wrong else [SECRETS["body"]])


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What modules write into the system's log."""
    found: list[str] = []

    def log(module: basic.AnsibleModule, text: str, log_args: Any = None) -> None:
        found.append(f"{text} {log_args}")

    monkeypatch.setattr(basic.AnsibleModule, "log", log)
    return found


def test_what_is_sensitive_is_not_logged(run: Run, logged: list[str]) -> None:
    result = run("itcare_request", {**CALL, "path": f"/compute/{quote(SECRET)}"}, check=True)
    (line,) = logged
    assert "Invoked with" in line
    assert "'code': '********', 'pin': '********', 'on': '********', 'none': ''" in line
    assert not [form for form in (*forms(SECRET), "471108") if form in line]
    body = {**dict.fromkeys(("code", "pin", "on"), "********"), "none": ""}
    assert result["diff"]["after"] == body


def test_what_ansible_itself_refuses_shows_no_sensitive_number(run: Run) -> None:
    """Ansible's own masking would take it for part of other numbers, so it isn't told of it."""
    result = run("itcare_request", {**CALL, "method": "471108"})
    assert "value of method must be one of" in result["msg"]
    assert "471108" not in json.dumps(result)


def test_a_sensitive_value_spoils_nothing_else(simulator: Simulator, run: Run) -> None:
    """Not even one that is part of words and numbers everywhere."""
    instance_of(simulator)
    options = {**WORK["itcare_request"][0], "sensitive": ["operation", "nothing"]}
    for value in ("e", "2", 2, True, "", "True"):
        body = {"operation": "stop", "options": {"changeReference": value}}
        given = {**options, "body": body, "sensitive": ["options.changeReference"]}
        result = run("itcare_request", given, check=True)
        assert (result["changed"], result["status"]) == (True, None)
        assert set(result) >= {"changed", "diff", "response", "status", "itcare_actions"}


def test_a_property_without_a_value(simulator: Simulator, run: Run) -> None:
    result = run("itcare_instance", {**CREATE, "properties": [{"key": "count"}]})
    assert result["msg"] == "properties: count needs exactly one of value and secret_value."
    assert not simulator.requests()


def test_what_was_done_before_a_failure(simulator: Simulator, run: Run) -> None:
    instance_of(simulator)
    simulator.fail_actions(fail=1, process="vm_resize", message="No room")
    result = run(
        "itcare_instance",
        {"name": NAME, "state": "stopped", "sizing": "4cpu8gb", "wait_interval": 1},
    )
    assert result["failed"]
    assert result["changed"]
    assert result["msg"].endswith("No room. Done before: stop.")
    assert result["operations"] == ["stop"]
    assert [a["status"] for a in result["itcare_actions"]] == ["SUCCESS", "ERROR"]


def test_rows_of_a_partial_failure(simulator: Simulator, run: Run) -> None:
    for name in "AB":
        instance_of(simulator, name=name)
    simulator.fail_actions(fail=1, message="No luck")
    result = run("itcare_patch_party", {"names": ["A", "B"], "patch_group": "3", "concurrency": 1})
    assert result["failed"]
    assert result["changed"]
    assert result["msg"].startswith("1 of 2 instances failed: A: ")
    assert [bool(row["error"]) for row in result["instances"]] == [True, False]
    assert result["operations"] == ["update_patch_party"]


def test_dry_run_only_in_check_mode(simulator: Simulator, run: Run) -> None:
    options = {**CREATE, "server_dry_run": True}
    assert run("itcare_instance", options, check=True)["changed"]
    assert [e["dry_run"] for e in simulator.writes()] == [True]
    assert not executed(simulator)
    run("itcare_instance", options)
    assert [e["dry_run"] for e in simulator.writes()] == [True, False]


@pytest.mark.parametrize("module", MODULES)
def test_every_returned_key_is_documented(simulator: Simulator, run: Run, module: str) -> None:
    instance_of(simulator)
    source = importlib.import_module(f"ansible_collections.cegedim.cloud.plugins.modules.{module}")
    documented = set(yaml.safe_load(source.RETURN))
    result = run(module, WORK[module][0])
    assert set(result) - {"changed", "diff", "invocation", "warnings"} <= documented
    failed = run(module, {**WORK[module][0], "client_secret": "wrong"})
    assert set(failed) - {"changed", "failed", "msg", "invocation", "exception"} <= documented


def in_another_case(options: dict[str, Any]) -> dict[str, Any]:
    return {
        key: {"names": [NAME.lower()], "name": NAME.lower()}.get(key, value)
        for key, value in options.items()
    }


NAMING = [module for module in MODULES if {"name", "names"} & set(WORK[module][0])]


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("module", NAMING)
def test_a_name_in_another_case(simulator: Simulator, run: Run, module: str, check: bool) -> None:
    instance_of(simulator)
    result = run(module, in_another_case(WORK[module][0]), check=check)
    assert result["failed"]
    assert f"is named '{NAME.lower()}', but instance 10041 is named '{NAME}'" in result["msg"]
    assert not simulator.writes()


SELECTING = [module for module in MODULES if "names" in WORK[module][0]]


@pytest.mark.parametrize("module", SELECTING)
def test_names_are_excluded(simulator: Simulator, run: Run, module: str) -> None:
    instance_of(simulator)
    instance_of(simulator, name="PEB4TEST02")
    options, key = WORK[module]
    chosen = {"names": [NAME, "PEB4TEST02"], "exclude_names": ["PEB4TEST02"]}
    result = run(module, {**options, **chosen})
    if key != "itcare_actions":
        shown = [row.get("name") or row.get("instance_name") for row in result[key]]
        assert shown == [NAME]
    assert {e["path"].split("/")[4] for e in executed(simulator)} <= {"10041"}


@pytest.mark.parametrize("module", ["itcare_snapshot", "itcare_patch_party", "itcare_action_wait"])
def test_excluded_names_alone_are_no_target(simulator: Simulator, run: Run, module: str) -> None:
    options = {k: v for k, v in WORK[module][0].items() if k != "names"}
    result = run(module, {**options, "exclude_names": [NAME]})
    assert result["failed"]
    assert not simulator.requests()


def test_actions_of_all_but_some(simulator: Simulator, run: Run) -> None:
    for name in (NAME, "PEB4TEST02"):
        instance_of(simulator, name=name)
    run("itcare_instance", {"name": "PEB4TEST02", "state": "stopped"})
    shown = run("itcare_action_info", {"exclude_names": ["PEB4TEST02"]})["itcare_actions"]
    assert shown == []
    shown = run("itcare_action_info", {"exclude_names": [NAME]})["itcare_actions"]
    assert [action["resource_name"] for action in shown] == ["PEB4TEST02"]


@pytest.fixture
def warned(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What modules warn of: where plugins were loaded before, ansible-core doesn't put it into the result."""
    warnings: list[str] = []
    monkeypatch.setattr(basic.AnsibleModule, "warn", lambda module, text: warnings.append(text))
    return warnings


@pytest.mark.parametrize("failing", [False, True])
@pytest.mark.parametrize("module", ["itcare_instance_info", "itcare_patch_party"])
def test_what_was_noticed_is_said(
    simulator: Simulator, run: Run, warned: list[str], module: str, failing: bool
) -> None:
    page = {"content": [{"id": 7, "name": NAME, "type": "VM"}], "totalElements": 1}
    simulator.fault(
        path="instances$", query={"types": "LINUX"}, fault={"status": 200, "body": json.dumps(page)}
    )
    selected = {"names": [NAME, "NOSUCH"] if failing else [NAME], "filters": {"types": ["LINUX"]}}
    options = {**WORK[module][0], **selected, "include": []}
    if module != "itcare_instance_info":
        del options["include"]
    result = run(module, options, check=True)
    assert bool(result.get("failed")) == (failing and module == "itcare_patch_party")
    said = "filters.types: 1 of the instances that ITCare lists for it show something else"
    assert said in warned[0]


def test_a_value_that_is_nearly_known(simulator: Simulator, run: Run, warned: list[str]) -> None:
    result = run("itcare_instance_info", {"filters": {"environments": ["PROD"]}})
    assert result["instances"] == []
    assert warned == [
        "filters.environments: 'PROD' isn't a value that is known: PRODUCTION may be meant."
    ]


@pytest.mark.parametrize("names", ["A, B", "A,B", ["A", "B"]])
@pytest.mark.parametrize("statuses", ["ACTIVE, PAUSED", ["ACTIVE", "PAUSED"]])
def test_one_way_to_give_lists(simulator: Simulator, run: Run, names: Any, statuses: Any) -> None:
    for name in "ABC":
        instance_of(simulator, name=name)
    result = run("itcare_instance_info", {"names": names, "filters": {"statuses": statuses}})
    assert [instance["name"] for instance in result["instances"]] == ["A", "B"]


def test_a_long_list_of_unknown_names_is_shortened(simulator: Simulator, run: Run) -> None:
    names = [f"NOSUCH{number}" for number in range(3000)]
    for options in ({"names": names}, {"ids": list(range(3000))}):
        message = run("itcare_patch_party", {**options, "patch_group": "1"})["msg"]
        assert "and 2990 more" in message
        assert len(message) < 400


@pytest.mark.parametrize("verbosity", [0, 1])
def test_remarks_are_for_those_who_want_more(
    simulator: Simulator, run: Run, warned: list[str], verbosity: int
) -> None:
    simulator.settings(default_sort="name,desc", max_page_size=10)
    simulator.fault(path="instances$", query={"sort": "id"}, count=0, fault={"status": 400})
    result = run("itcare_instance_info", {"_ansible_verbosity": verbosity})
    assert len(result["instances"]) == 40
    said = "gives no list in the order of ids"
    assert [said in text for text in warned] == [True] * verbosity


@pytest.mark.parametrize(
    ("module", "options", "said"),
    [
        ("itcare_instance", {"name": "NEW", "state": "started"}, "There is no instance NEW"),
        ("itcare_instance", {"name": "NEW", "state": "stopped"}, "There is no instance NEW"),
        ("itcare_instance", {"name": "NEW", "state": "reset"}, "There is no instance NEW"),
        ("itcare_snapshot", {"names": ["NEW"]}, "not found: NEW"),
        ("itcare_snapshot", {"ids": [5]}, "no instance with id 5"),
        ("itcare_snapshot", {"names": [NAME], "state": "recovered"}, f"{NAME} has no snapshot"),
        ("itcare_patch_party", {"names": ["NEW"], "patch_group": "1"}, "not found: NEW"),
        ("itcare_patch_party", {"filters": {"tags": ["app:new"]}, "patch_group": "1"},
         "The selection matches no instance"),
        ("itcare_action_wait", {"names": ["NEW"]}, "not found: NEW"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("check", [False, True])
def test_what_an_earlier_task_may_not_have_made(
    simulator: Simulator, run: Run, module: str, options: dict[str, Any], said: str, check: bool
) -> None:
    instance_of(simulator)
    message = run(module, options, check)["msg"]
    hint = " (in check mode, a task before this one may not have made it)"
    sentence = next(part for part in message.split(". ") if said in part)
    assert (hint in sentence) is check
    assert hint not in message.replace(hint, "", 1)


@pytest.mark.parametrize("check", [False, True])
def test_no_actions_to_wait_for(simulator: Simulator, run: Run, check: bool) -> None:
    """In check mode the tasks before it have started none."""
    assert run("itcare_action_wait", {"action_ids": []}, check)["itcare_actions"] == []
