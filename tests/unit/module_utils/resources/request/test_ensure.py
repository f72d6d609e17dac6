# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Calls that a task asks for: what is sent, what is answered, and when nothing is sent."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.cegedim.cloud.plugins.module_utils.api import errors
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.request.ensure import ensure
from ansible_collections.cegedim.cloud.plugins.module_utils.result import Result
from support.client import WAIT, calls, client_of, executed, instance_of
from support.misbehaving import Misbehaving, Reply, misbehaving
from support.simulator import Simulator

ID = 10041
PATH = f"/compute/instances/{ID}"
STOP: dict[str, Any] = {"method": "PATCH", "path": PATH, "body": {"operation": "stop"}}
STOPPED = {"key": "status", "equals": "INACTIVE"}
ONCE = {**STOP, "unless": STOPPED}


@pytest.fixture(autouse=True)
def _instance(simulator: Simulator) -> None:
    assert instance_of(simulator)["id"] == ID
    simulator.clear_requests()


def run(simulator: Simulator, options: dict[str, Any], **client: Any) -> Result:
    return ensure(client_of(simulator, **client), {**WAIT, **options})


def fails(simulator: Simulator, options: dict[str, Any], **client: Any) -> errors.ItcareError:
    with pytest.raises(errors.ItcareError) as caught:
        run(simulator, options, **client)
    return caught.value


def asked(simulator: Simulator) -> list[str]:
    """The calls without the token's."""
    return [call for call in calls(simulator) if not call.endswith("/token")]


def answering(data: Any, status: int = 200, kind: str = "application/json") -> Any:
    """A server that gives the same answer to everything but a request for a token."""
    body = data if isinstance(data, bytes) else json.dumps(data).encode()

    def reply(method: str, path: str, headers: dict[str, str]) -> Reply | None:
        return None if path == "/token" else (status, {"Content-Type": kind}, body)

    return misbehaving(reply)


def request(server: Misbehaving, **options: Any) -> Result:
    return ensure(server.client(), {**WAIT, "path": "/x", **options})


def sent(server: Misbehaving) -> list[str]:
    return [f"{method} {path}" for method, path, _headers in server.seen if path != "/token"]


# -- what is sent --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["/x/a%2Fb", "/x/%41%7e", "/x/a%20b", "/x/a+b;c=d", "/x/~a!$'()*,", "/x/%C3%A9/%25"]
)
@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_rule_1_a_path_is_sent_as_it_is_written(path: str, method: str) -> None:
    with answering({}) as server:
        request(server, path=path, method=method)
        (line,) = sent(server)
    assert (
        line.replace("%7E", "%7e") == f"{method} /itcare{path}"
    )  # urllib3 writes them in capitals


def test_rule_1_letters_beyond_ascii_are_encoded() -> None:
    with answering({}) as server:
        request(server, path="/x/é")
        assert sent(server) == ["GET /itcare/x/%C3%A9"]


@pytest.mark.parametrize(
    "options",
    [
        {"path": "/x/"},
        {"path": "/x", "unless": {"path": "/x/../y"}},
        {"path": "/x", "reached": {"path": "//host/x"}},
        {"path": "/x", "query": {"a": {}}},
        {"path": "/x", "unless": {"query": {"a": {}}}},
        {"path": "/x", "change_reference": "x" * 11},
        {"path": "/x", "wait_timeout": 0},
    ],
)
@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_rule_2_nothing_is_sent_for_what_is_wrong(
    simulator: Simulator, options: dict[str, Any], method: str
) -> None:
    assert isinstance(fails(simulator, {**options, "method": method}), errors.InputError)
    assert not simulator.requests()


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_rule_3_a_query_of_reads_writes_and_conditions(method: str) -> None:
    query = {"environments": ["PROD", "a,b"], "on": True, "not": None}
    with answering({"id": 1}) as server:
        request(
            server, method=method, query=query, unless={"query": {"c": [1, 2]}, "exists": False}
        )
        assert sent(server) == [
            "GET /itcare/x?c=1&c=2",
            f"{method} /itcare/x?environments=PROD&environments=a%2Cb&on=true",
        ]


def test_rule_10_a_write_has_a_connection_of_its_own() -> None:
    """A stale one is the usual cause of lost answers."""
    with answering({"id": 1}) as server:
        request(server, method="PUT", unless={"exists": False})
        assert [method for method, _path, _headers in server.seen] == ["POST", "GET", "PUT"]
        *earlier, last = server.connections
        assert last not in earlier


@pytest.mark.parametrize(
    ("body", "media_type", "raw"),
    [
        ({"aB": None, "c_d": [1, "2", True]}, None, b'{"aB": null, "c_d": [1, "2", true]}'),
        ({}, None, b"{}"), ([], None, b"[]"), ("x", None, b'"x"'), (0, None, b"0"), (False, None, b"false"),
        ("caf\u00e9", "text/plain", "caf\u00e9".encode()), ({"a": 1}, "application/vnd.x+json", b'{"a": 1}'),
        (None, None, b""),
    ],
)  # fmt: skip
def test_rule_3_a_body_is_sent_as_given(body: Any, media_type: str | None, raw: bytes) -> None:
    with answering({}) as server:
        request(server, method="PUT", body=body, media_type=media_type)
        _method, _path, headers = server.seen[-1]
        assert server.bodies[-1] == raw
    expected = None if body is None else media_type or "application/json"
    assert headers.get("content-type") == expected


# -- what is answered ---------------------------------------------------------------------------------


def test_rule_4_a_page_is_not_unwrapped(simulator: Simulator) -> None:
    result = run(simulator, {"path": "/compute/instances"})
    assert result.values["response"]["total_elements"] == 41
    assert [e["query"] for e in simulator.requests() if e["method"] == "GET"] == [{}]


@pytest.mark.parametrize("size", [None, 7, "7"])
def test_rule_4_all_of_a_list(simulator: Simulator, size: Any) -> None:
    query = {"size": size, "sort": "name,desc", "environments": ["PRODUCTION"]}
    result = run(simulator, {"path": "/compute/instances", "paginate": True, "query": query})
    names = [entry["name"] for entry in result.values["response"]]
    assert len(names) > 7
    assert names == sorted(names, reverse=True)
    assert result.values["status"] == 200
    sizes = {e["query"]["size"] for e in simulator.requests() if e["method"] == "GET"}
    assert sizes == {str(size or 200)}


@pytest.mark.parametrize(
    ("items", "shown"),
    [
        ([], []),
        (["a", "a", 1, None, [1], {"x": 1}], ["a", "a", 1, None, [1], {"x": 1}]),
        ([{"id": 1}, {"id": 1}, {"id": "1"}], [{"id": 1}, {"id": "1"}]),
        ([{"id": {"a": 1}}, {"id": {"a": 1}}, {"id": None}], [{"id": {"a": 1}}, {"id": {"a": 1}}, {"id": None}]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("paged", [False, True])
def test_rule_4_an_array_of_anything(items: list[Any], shown: list[Any], paged: bool) -> None:
    answer = {"content": items, "totalElements": len(shown)} if paged else items
    with answering(answer) as server:
        assert request(server, paginate=True).values["response"] == shown


@pytest.mark.parametrize("answer", [{"id": 1}, {"content": {}}, "x", 5, b"", None])
def test_rule_4_what_is_no_list(answer: Any) -> None:
    with answering(answer) as server, pytest.raises(errors.IncompleteListError) as caught:
        request(server, paginate=True)
    assert "leave out paginate" in str(caught.value)


def test_rule_4_all_or_nothing(simulator: Simulator) -> None:
    simulator.settings(count_offset=1)
    error = fails(simulator, {"path": "/compute/instances", "paginate": True})
    assert "gave no complete list" in str(error)
    assert error.details["values"]["response"] is None


def test_rule_5_the_status_of_a_list() -> None:
    with answering([1], 203) as server:
        assert request(server, paginate=True).values["status"] == 203


def test_rule_5_no_status_without_an_answer() -> None:
    """That of the token's request is none."""
    with misbehaving(lambda method, path, headers: (401, {}, b"")) as server:
        with pytest.raises(errors.AuthenticationError) as caught:
            request(server)
        assert caught.value.details["values"]["status"] is None


def test_rule_4_pages_of_texts_are_all_read() -> None:
    texts = [f"t{number}" for number in range(5)]

    def reply(method: str, path: str, headers: dict[str, str]) -> Reply | None:
        if path == "/token":
            return None
        number = int(path.split("page=")[1].split("&")[0])
        page = {"content": texts[2 * number : 2 * number + 2], "totalElements": 5, "size": 2}
        return 200, {"Content-Type": "application/json"}, json.dumps(page).encode()

    with misbehaving(reply) as server:
        assert request(server, paginate=True).values["response"] == texts


@pytest.mark.parametrize("raw", [False, True])
def test_rule_5_json_in_snake_case_or_as_it_is(raw: bool) -> None:
    answer = {"id": "007", "ipAddress": {"aB": [{"cD": 5}]}, "frequencies": {"aB": 1}}
    with answering(answer) as server:
        shown = request(server, raw=raw).values["response"]
    snake = {"id": "007", "ip_address": {"a_b": [{"c_d": 5}]}, "frequencies": {"aB": 1}}
    assert shown == (answer if raw else snake)


@pytest.mark.parametrize("raw", [False, True])
def test_rule_5_no_key_can_be_a_template(raw: bool) -> None:
    with answering({"{{ x }}": {"#jinja2:a": 1}, "a#b": 2}) as server:
        shown = request(server, raw=raw).values["response"]
    assert shown == {"__ x }}": {"_jinja2:a": 1}, "a#b" if raw else "a_b": 2}


@pytest.mark.parametrize(
    ("body", "kind", "response"),
    [
        (b"", "application/json", None), (b" \n", "text/plain", None), (b"null", "application/json", None),
        (b"5", "application/json", 5), (b'"x"', "application/json", "x"), (b'{"a": 1}', "", {"a": 1}),
        (b"apiVersion: v1\n", "text/plain", "apiVersion: v1\n"), (b"5", "text/plain;charset=utf-8", "5"),
        ("caf\u00e9".encode(), "text/plain", "caf\u00e9"), ("caf\u00e9".encode("latin-1"), "text/plain; charset=ISO-8859-1", "caf\u00e9"),
        (b"+2AA-", "text/plain; charset=utf-7", "+2AA-"), (b"\xff", "text/plain", "\ufffd"), (b"x", "text/plain; charset=nosuch", "x"),
        (b"<config/>", "text/plain", "<config/>"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_rule_5_what_is_in_an_answer(body: bytes, kind: str, response: Any, method: str) -> None:
    with answering(body, 201, kind) as server:
        values = request(server, method=method).values
    assert values == {"response": response, "status": 201, "itcare_actions": []}


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"<html>x</html>", "text/html"), (b"<!DOCTYPE html><html>x", "text/plain"), (b" <HTML>x", "text/plain"),
        (b'{"a": ', "application/json"), (b"a: 1", "application/yaml"),
    ],
)  # fmt: skip
def test_rule_5_what_cannot_be_read(body: bytes, kind: str) -> None:
    with answering(body, 200, kind) as server, pytest.raises(errors.ItcareError):
        request(server)


@pytest.mark.parametrize(
    ("status", "error"),
    [(403, errors.ForbiddenError), (404, errors.NotFoundError), (501, errors.ServerError)],
)
@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_rule_5_the_status_of_a_failure(status: int, error: Any, method: str) -> None:
    with answering({"errorMessage": "no"}, status) as server, pytest.raises(error) as caught:
        request(server, method=method)
    details = caught.value.details
    assert details["values"] == {"response": None, "status": status, "itcare_actions": []}
    assert details["status"] == status


@pytest.mark.parametrize("path", ["/health", "/api/status"])
@pytest.mark.parametrize("status", [200, 401])
def test_rule_5_what_needs_no_token(path: str, status: int) -> None:
    with answering(b"UP", status, "text/plain") as server:
        if status == 200:
            assert request(server, path=path).values["response"] == "UP"
        else:
            with pytest.raises(errors.AuthenticationError):
                request(server, path=path)
        assert [(line, "authorization" in headers) for _m, line, headers in server.seen] == [
            (f"/itcare{path}", False)
        ]


def test_rule_5_everything_else_has_a_token() -> None:
    with answering({}) as server:
        request(server, path="/health/x")
        assert [line for _m, line, _h in server.seen] == ["/token", "/itcare/health/x"]
        assert server.seen[-1][2]["authorization"] == "Bearer granted-token"


# -- what counts as a change ---------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("status", [200, 201, 204])
def test_rule_6_a_write_that_was_sent(method: str, status: int) -> None:
    with answering(b"", status) as server:
        result = request(server, method=method, body={"a": 1})
        assert result.changed
        assert sent(server) == [f"{method} /itcare/x"]


@pytest.mark.parametrize("status", ["IN_PROGRESS", "ERROR", "SUCCESS"])
def test_rule_6_a_get_that_shows_an_action(status: str) -> None:
    action = {"id": 7, "status": status, "process": "vm_stop"}
    with answering(action) as server:
        result = request(server, path="/actions/7")
        assert sent(server) == ["GET /itcare/actions/7"]
    assert (result.changed, result.diff) == (False, None)
    assert result.values == {"response": action, "status": 200, "itcare_actions": []}


# -- conditions ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("read_only", [False, True])
def test_rule_8_nothing_is_sent_when_it_is_done(simulator: Simulator, read_only: bool) -> None:
    simulator.control("PATCH", f"/control/instances/{ID}", {"status": "INACTIVE"})
    reached = {"path": "/nowhere"}
    result = run(simulator, {**ONCE, "reached": reached}, read_only=read_only)
    assert (result.changed, result.diff) == (False, None)
    assert result.values["response"]["id"] == ID
    assert result.values["status"] == 200
    assert result.values["itcare_actions"] == []
    assert [call for call in asked(simulator) if call != "GET /actions"] == [f"GET {PATH}"]


def test_rule_8_what_is_gone_needs_no_deletion(simulator: Simulator) -> None:
    path = "/compute/instances/4711"
    result = run(simulator, {"method": "DELETE", "path": path, "unless": {"exists": False}})
    assert not result.changed
    assert result.values == {"response": None, "status": 404, "itcare_actions": []}
    assert not simulator.writes()


def test_rule_8_check_mode_predicts(simulator: Simulator) -> None:
    options = {**ONCE, "reached": {"path": "/nowhere"}}
    result = run(simulator, options, read_only=True)
    assert result.changed
    assert result.values == {"response": None, "status": None, "itcare_actions": []}
    assert result.diff["after"] == {"operation": "stop"}
    assert asked(simulator) == ["GET /actions", f"GET {PATH}"]


def test_rule_8_check_mode_reads_what_a_get_reads(simulator: Simulator) -> None:
    run(simulator, {"path": PATH, "reached": {"path": "/nowhere"}}, read_only=True)
    assert asked(simulator) == [f"GET {PATH}"]


def test_rule_8_check_mode_tells_what_it_would_wait_for(simulator: Simulator) -> None:
    simulator.settings(action_delay=100)
    client = client_of(simulator)
    client.write("PATCH", PATH, {"operation": "resize", "options": {"sizing": "4cpu8gb"}})
    watching = client_of(simulator, read_only=True)
    assert ensure(watching, {**WAIT, **ONCE}).changed
    assert (
        "(vm_resize) on PEB4TEST01 is in progress: for real it is waited for"
        in watching.notices.warnings[0]
    )


@pytest.mark.parametrize("method", ["GET", "PATCH"])
def test_rule_7_a_condition_of_any_method(simulator: Simulator, method: str) -> None:
    options = {**STOP, "unless": {"key": "status", "equals": "ACTIVE"}, "method": method}
    if method == "GET":
        del options["body"]
    assert not run(simulator, options).changed
    assert asked(simulator)[-1] == f"GET {PATH}"
    assert len([call for call in asked(simulator) if call != "GET /actions"]) == 1


@pytest.mark.parametrize(
    ("answer", "status"),
    [(b"", 200), (b"", 204), ({"errorCode": "x"}, 404), ({"other": 1}, 200), ({"key": None}, 200)],
)
@pytest.mark.parametrize("exists", [True, False])
def test_rule_7_what_is_not_there(answer: Any, status: int, exists: bool) -> None:
    with answering(answer, status) as server:
        unless = {"path": "/y", "key": "key", "exists": exists}
        done = [f"{method} {path}" for method, path in (("GET", "/itcare/y"), ("PUT", "/itcare/x"))]
        try:
            assert request(server, method="PUT", unless=unless).changed is exists
        except errors.NotFoundError:  # of the write
            assert exists
        assert sent(server) == done[: 1 + exists]


@pytest.mark.parametrize("status", [400, 401, 403, 409, 500])
def test_rule_7_a_condition_that_cannot_be_read(status: int) -> None:
    with answering({}, status) as server, pytest.raises(errors.ApiError) as caught:
        request(server, method="PUT", unless={"path": "/y"})
    assert caught.value.status == status
    assert set(sent(server)) == {"GET /itcare/y"}
    assert not caught.value.details["changed"]


def test_rule_7_a_page_is_read_to_its_end(simulator: Simulator) -> None:
    simulator.settings(max_page_size=10)
    unless = {"path": "/compute/instances", "key": "content.name", "equals": "PEB4TEST01"}
    result = run(simulator, {**STOP, "unless": unless})
    assert not result.changed
    assert len(result.values["response"]["content"]) == 41
    missing = {**unless, "equals": "NOSUCH"}
    assert run(simulator, {**STOP, "unless": missing}).changed


def test_rule_7_all_of_a_list_whatever_page_is_asked_for(simulator: Simulator) -> None:
    unless = {
        "path": "/compute/instances",
        "query": {"page": 2, "size": 10},
        "key": "content.name",
        "equals": "PEB4WEB01",
    }
    result = run(simulator, {**STOP, "unless": unless})
    assert not result.changed
    assert len(result.values["response"]["content"]) == 41


def test_rule_7_a_page_that_cannot_be_read_to_its_end(simulator: Simulator) -> None:
    simulator.settings(max_page_size=10, count_offset=1)
    unless = {"path": "/compute/instances", "key": "content.name", "equals": "NOSUCH"}
    assert isinstance(fails(simulator, {**STOP, "unless": unless}), errors.IncompleteListError)
    assert not simulator.writes()


def test_rule_7_a_page_is_read_once_where_it_is_whole(simulator: Simulator) -> None:
    query = {"names": "PEB4TEST01", "size": 1, "page": 0}
    unless = {
        "path": "/compute/instances",
        "query": query,
        "key": "content.0.id",
        "equals": str(ID),
    }
    assert not run(simulator, {**STOP, "unless": unless}).changed
    assert asked(simulator).count("GET /compute/instances") == 1


# -- references, secrets, the warning ------------------------------------------------------------------------


def test_rule_11_the_diff_shows_the_body(simulator: Simulator) -> None:
    options = {**ONCE, "change_reference": "CHG0001234"}
    body = {"operation": "stop", "options": {"changeReference": "CHG0001234"}}
    result = run(simulator, options)
    assert result.diff["after"] == body
    assert executed(simulator)[0]["body"] == body


@pytest.mark.parametrize(
    ("body", "before", "after"),
    [
        (None, {}, {}),
        ([1], "", "[\n    1\n]\n"),
        ("x", "", "x"),
        (5, "", "5\n"),
        ({"a": 1}, {}, {"a": 1}),
    ],
)
def test_rule_11_a_diff_that_ansible_can_show(body: Any, before: Any, after: Any) -> None:
    with answering({}) as server:
        diff = request(server, method="PUT", body=body).diff
    assert (diff["before"], diff["after"]) == (before, after)
    assert diff["after_header"] == "PUT /x"


def test_rule_12_what_is_sensitive_is_sent_and_shown_nowhere() -> None:
    body = {"password": "hunter2", "name": "x", "on": True}
    answer = {"name": "user hunter2", "apiKey": "k-1", "other": "k-1", "list": [{"token": 5}]}
    with answering(answer) as server:
        result = request(
            server, method="PUT", body=body, sensitive=["password", "api_key", "list.token"]
        )
        assert server.bodies[-1] == json.dumps(body).encode()
    assert result.diff["after"] == {**body, "password": "********"}
    assert result.values["response"] == {
        "name": "user ********",
        "api_key": "********",
        "other": "k-1",
        "list": [{"token": "********"}],
    }


def test_rule_12_an_error_shows_no_secret() -> None:
    """Wherever the server's words are cut."""
    said = {"errorMessage": f"{'x' * 295}hunter2-hunter2 is wrong", "errorDesc": "hunter2-hunter2"}
    with answering(said, 422) as server, pytest.raises(errors.InconsistentDataError) as caught:
        request(server, method="PUT", body={"a": "hunter2-hunter2"}, sensitive=["a"])
    assert "xxx" in str(caught.value)
    assert "hunt" not in str(caught.value) + json.dumps(caught.value.details)


def test_rule_12_an_error_shows_other_numbers() -> None:
    said = {"errorMessage": "5 of 1005 is wrong"}
    with answering(said, 422) as server, pytest.raises(errors.InconsistentDataError) as caught:
        request(server, method="PUT", body={"a": 5}, sensitive=["a"])
    assert "******** of 1005 is wrong" in str(caught.value)


def test_rule_12_facts_about_a_failure_show_no_secret() -> None:
    with answering({}, 422) as server, pytest.raises(errors.InconsistentDataError) as caught:
        request(server, method="PUT", path="/x/a-1234", body={"pin": 1234}, sensitive=["pin"])
    assert caught.value.details["path"] == "/x/a-********"


def test_rule_12_a_path_shows_no_secret() -> None:
    """Also short ones, which Ansible itself doesn't look for."""
    with answering({}) as server:
        diff = request(
            server, method="PUT", path="/x/a-1234", body={"pin": 1234}, sensitive=["pin"]
        ).diff
    assert diff["before_header"] == diff["after_header"] == "PUT /x/a-********"


def test_rule_12_an_action_shows_no_secret() -> None:
    action = {"id": 7, "status": "ERROR", "message": "hunter2 is wrong", "resourceName": "n"}
    with answering(action, 202) as server, pytest.raises(errors.ActionFailedError) as caught:
        request(server, method="PUT", body={"a": "hunter2"}, sensitive=["a", "resource_name"])
    (shown,) = caught.value.details["values"]["itcare_actions"]
    assert (shown["message"], shown["resource_name"]) == ("******** is wrong", "********")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("read_only", [False, True])
def test_rule_13_a_write_without_unless_is_warned_of_once(
    simulator: Simulator, read_only: bool
) -> None:
    client = client_of(simulator, read_only=read_only)
    ensure(client, {**WAIT, **STOP})
    (warning,) = client.notices.warnings
    assert "unless" in warning
    assert "idempotent" in warning
    for options in (ONCE, {"path": PATH}):
        quiet = client_of(simulator, read_only=read_only)
        ensure(quiet, {**WAIT, **options})
        assert not quiet.notices.warnings
