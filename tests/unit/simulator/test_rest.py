# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known of the API beside instances (docs/api.md#rest), and what is said of the rest."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import requests
from itcare_simulator.resource import BY_PATH, HEAD

CLUSTERS = "/compute/containers/kubernetes"
MATOMO = "/analytics/matomo"
UNPUBLISHED = [
    "/compute/platforms",
    "/compute/services",
    "/networking/networks",
    "/topology/regions",
    "/databases/sqlserver",
    "/compute/instances/10001/surprise",
    f"{CLUSTERS}/900001/surprise",
    "/nowhere",
]
ROOT = Path(__file__).resolve().parents[3]
GUIDE = ROOT / "docs/docsite/rst/guide_request.rst"
# The reference's menu, and what else its texts name; without Instances, which have modules.
MENU = """
    Matomo, Changes, Application Servers, Backup Policies, Containers, Environments, Platform, Resource Filters,
    Resource Types, Resources, Services, Statuses, Tag Keys, Tag Values, Types, Databases, MariaDB, OpenSearch,
    PostgreSQL, Redis, SQL Server, Hardwares, Apache Kafka, Message Brokers, RabbitMQ, Domains, Load Balancers,
    Network Clusters, Networks, Actions, Operations, Glusterfs, Overdrive, Topology, Regions, Availability Zones
"""
each_family = pytest.mark.parametrize("path", BY_PATH)


def content(api: Any, path: str, **query: Any) -> list[dict[str, Any]]:
    """One page that surely holds all."""
    page = api.get(path, size=200, **query)
    assert page["totalPages"] == 1
    found: list[dict[str, Any]] = page["content"]
    return found


def one(api: Any, path: str, status: str = "ACTIVE") -> dict[str, Any]:
    return next(item for item in content(api, path) if item["status"] == status)


def act(api: Any, path: str, operation: str, **options: Any) -> Any:
    body = {"operation": operation, "options": options}
    return api.call("PATCH", path, json=body)


# --- health, and what isn't known ----------------------------------------------------------------


def test_health_needs_no_token(simulator: Any) -> None:
    for path in ("/health", "/api/status"):
        answer = requests.get(simulator.api_url + path, timeout=30)
        assert (answer.status_code, answer.json()) == (200, {"status": "UP"})
    assert requests.get(simulator.api_url + "/status", timeout=30).status_code == 401


@pytest.mark.parametrize("path", UNPUBLISHED)
def test_what_is_not_published(api: Any, refused: Any, path: str) -> None:
    for method in ("GET", "POST", "DELETE"):
        said = refused(api.call(method, path), 501)
        assert "serves only what is known of ITCare's API" in said
        assert f"{method} {path} isn't" in said


def test_what_is_not_published_needs_a_token(simulator: Any) -> None:
    assert requests.get(simulator.api_url + "/nowhere", timeout=30).status_code == 401


@each_family
def test_an_operation_that_is_not_published(api: Any, refused: Any, path: str) -> None:
    others = "extend" if path == CLUSTERS else "create_nodes"
    for operation in ("dance", others):
        said = refused(act(api, f"{path}/{one(api, path)['id']}", operation), 501)
        assert f"the operation '{operation}' of {path} isn't" in said
        assert "known are: start, stop" in said


@each_family
def test_an_id_that_nobody_has(api: Any, refused: Any, path: str) -> None:
    for method, body in (("GET", None), ("DELETE", None), ("PATCH", {"operation": "stop"})):
        refused(api.call(method, f"{path}/1", json=body), 404, "id")
    other = one(api, MATOMO if path == CLUSTERS else CLUSTERS)
    refused(api.call("GET", f"{path}/{other['id']}"), 404, "id")
    refused(api.call("GET", f"{path}/x"), 400, "id")
    refused(api.call("PUT", path), 405)


# --- the guide's table ---------------------------------------------------------------------------


def rows() -> list[tuple[list[str], str, str]]:
    """Sections, how to get at them, and how sure that is."""
    table = GUIDE.read_text(encoding="utf-8").partition("The menu of the reference")[2]
    cells = re.findall(r"^  \* - (.+)\n    - ((?:.+\n)+?)    - (.+)$", table, re.M)
    return [(sections.split(", "), how, certainty) for sections, how, certainty in cells][1:]


def test_the_guide_has_the_whole_menu() -> None:
    named = [section for sections, _how, _certainty in rows() for section in sections]
    wanted = [section.strip() for section in MENU.split(",")]
    assert sorted(named) == sorted([*wanted, "History of a resource"])
    assert {certainty for _sections, _how, certainty in rows()} == {
        "sure",
        "likely",
        "path not published",
    }


def test_what_the_guide_calls_published_is_served(api: Any) -> None:
    published = set()
    for _sections, how, certainty in rows():
        paths = re.findall(r"``(/[^`]+)``", how)
        assert not (paths and certainty == "path not published"), how
        published.update(paths)
    assert published == {
        *BY_PATH,
        "/changes",
        "/compute/resources",
        "/compute/resources/{id}/history",
    }
    for path in published:
        api.get(path.replace("{id}", str(one(api, CLUSTERS)["id"])))


# --- lists ---------------------------------------------------------------------------------------


@each_family
def test_a_list(api: Any, path: str) -> None:
    found = content(api, path)
    assert len(found) >= 3
    assert [item["id"] for item in found] == sorted(item["id"] for item in found)
    for item in found:
        assert set(HEAD) <= set(item)
        assert item["path"] == path
        assert api.get(f"{path}/{item['id']}") == item
    first = api.get(path, size=2, sort="name,desc")
    assert (first["size"], first["totalElements"], first["last"]) == (2, len(found), False)
    names = sorted((item["name"] for item in found), reverse=True)
    assert [item["name"] for item in first["content"]] == names[:2]
    api.get(path, page=1, size=2)
    assert api.simulator.requests()[-1]["page"] == 1


def test_filters(api: Any) -> None:
    found = content(api, CLUSTERS)
    name, service = found[0]["name"], found[0]["serviceId"]
    assert content(api, CLUSTERS, names=name) == [found[0]]
    assert content(api, CLUSTERS, names=f"!{name}") == found[1:]
    assert content(api, CLUSTERS, services=service) == [found[0]]
    assert {item["status"] for item in content(api, CLUSTERS, statuses="INACTIVE")} == {"INACTIVE"}
    environments = {item["environment"] for item in found}
    assert content(api, CLUSTERS, environments=",".join(environments)) == found
    assert api.get(CLUSTERS, clouds=99)["totalElements"] == 0
    assert content(api, MATOMO, statuses="WEIRD") != []  # it knows names and clouds only
    assert content(api, "/storage/overdrive", clouds=99) != []  # names only


def test_the_load_balancers_are_those_that_instances_show(api: Any) -> None:
    api.simulator.reset(instances=200)
    api.login()
    shown = {b["id"]: b for instance in api.list() for b in instance["loadbalancers"]}
    assert shown
    for identity, balancer in shown.items():
        answered = api.get(f"/networking/loadbalancers/{identity}")
        assert {name: answered[name] for name in balancer} == balancer


# --- resources, history, changes -----------------------------------------------------------------


def test_resources(api: Any) -> None:
    found = content(api, "/compute/resources", names="nobody")  # no filter of it is known
    instances = api.list()
    others = [item for path in BY_PATH for item in content(api, path)]
    assert {item["id"] for item in found} == {item["id"] for item in [*instances, *others]}
    assert {tuple(item) for item in found} == {HEAD}
    by_id = {item["id"]: item for item in found}
    for item in [*instances, *others]:
        assert by_id[item["id"]] == {name: item[name] for name in HEAD}
    assert by_id[instances[0]["id"]]["path"].startswith("/compute/instances/")


def test_history(api: Any, refused: Any) -> None:
    refused(api.call("GET", "/compute/resources/1/history"), 404, "id")
    cluster, instance = one(api, CLUSTERS)["id"], api.one()
    for identity, path in ((cluster, CLUSTERS), (instance, "/compute/instances")):
        history = f"/compute/resources/{identity}/history"
        assert api.get(history) == []
        api.finish(act(api, f"{path}/{identity}", "stop"))
        (event,) = api.get(history)
        assert event == api.get(f"/actions/{event['id']}")
    api.simulator.settings(rest_lists="page")
    page = api.get(f"/compute/resources/{cluster}/history")
    assert (page["content"][0]["process"], page["totalElements"]) == ("k8s_stop", 1)


def test_changes(api: Any, refused: Any) -> None:
    path = "/changes?maintenanceTypes=PATCH_PARTY"
    every = api.get(path)
    assert {party["environment"] for party in every} == {"PROD", "NONPROD"}
    assert [party["start"] for party in every] == sorted(party["start"] for party in every)
    ours = api.get(f"{path}&environments=PROD&environments=ALL")
    assert ours == [party for party in every if party["environment"] == "PROD"]
    assert ours[0]["start"] in {i["patchParty"]["patchDate"] for i in api.list()}
    span = f"start={ours[1]['start']}&end={ours[2]['start']}"
    assert api.get(f"{path}&environments=PROD&{span}") == ours[1:3]
    assert api.get("/changes?maintenanceTypes=OTHER") == []
    refused(api.call("GET", "/changes?start=tomorrow"), 400, "start")
    api.simulator.settings(rest_lists="page")
    assert api.get(path)["content"] == every


# --- writes --------------------------------------------------------------------------------------


@each_family
def test_stop_and_start(api: Any, refused: Any, path: str) -> None:
    item = one(api, path)
    where = f"{path}/{item['id']}"
    refused(act(api, where, "start"), 400, "status")
    refused(act(api, where, "stop", surprise=1), 400, "surprise")
    for operation, status in (("stop", "INACTIVE"), ("start", "ACTIVE")):
        submitted = act(api, where, operation, changeReference="CHG01")
        shown = api.get(where)
        assert shown["actionsInProgress"] == [submitted.json()]
        assert not any(action["available"] for action in shown["availableActions"])
        refused(act(api, where, operation), 409)
        action = api.finish(submitted)
        assert action in api.get("/actions", resourceId=item["id"], statuses="SUCCESS")
        said = action["resourceName"], action["resourceType"], action["process"].split("_")[-1]
        assert said == (item["name"], item["resourceType"], operation)
        assert api.get(where)["status"] == status
    assert api.get(where) == item


@each_family
def test_create_and_delete(api: Any, refused: Any, path: str) -> None:
    body = {"name": "new01", "serviceId": "13", "nodeSizing": "2cpu4gb", "whatever": [1]}
    before = content(api, path)
    submitted = api.call("POST", path, json=body)
    assert content(api, path) == before
    refused(api.call("POST", path, json={"name": "NEW01"}), 409, "name")
    api.finish(submitted)
    (made,) = content(api, path, names="new01")
    assert (made["serviceId"], made["creationUser"]) == (13, "demo")
    refused(api.call("POST", path, json=body), 409, "name")
    gone = api.call("DELETE", f"{path}/{made['id']}", json={"changeReference": "CHG01"})
    assert api.get("/actions", resourceId=made["id"])[0]["id"] == gone.json()["id"]
    api.finish(gone)
    refused(api.call("GET", f"{path}/{made['id']}"), 404, "id")
    assert content(api, path) == before


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({}, 400, "name"),
        ({"name": 1}, 400, "name"),
        ({"name": "x", "serviceId": "thirteen"}, 400, "serviceId"),
        ({"name": "x", "serviceId": 99999}, 422, "serviceId"),
        ({"name": "x", "nodeSizing": "huge"}, 422, "nodeSizing"),
        ({"name": "x", "instanceCount": 0}, 400, "instanceCount"),
    ],
)
def test_create_is_refused(
    api: Any, refused: Any, body: dict[str, Any], status: int, field: str
) -> None:
    refused(api.call("POST", CLUSTERS, json=body), status, field)
    assert api.get("/actions") == []


def test_a_load_balancer_is_named_by_its_url(api: Any) -> None:
    path = "/networking/loadbalancers"
    api.finish(api.call("POST", path, json={"url": "shop.example.com", "serviceId": 17}))
    assert len(content(api, path, names="shop.example.com")) == 1


@pytest.mark.parametrize(
    ("path", "operation", "options", "shown"),
    [
        (
            "/databases/opensearch",
            "update_monitoring",
            {"state": False},
            {"monitoringEnabled": False},
        ),
        (
            "/databases/opensearch",
            "add_nodes",
            {"diskSize": 10, "nodeSize": "2cpu4gb", "nodesCount": 2},
            {},
        ),
        ("/databases/opensearch", "resize_nodes", {"nodeSize": "2cpu4gb", "nodes": ["n1"]}, {}),
        (MATOMO, "extend", {"sizing": "M"}, {"sizing": "M"}),
    ],
)
def test_other_operations(
    api: Any, refused: Any, path: str, operation: str, options: dict[str, Any], shown: Any
) -> None:
    where = f"{path}/{one(api, path)['id']}"
    refused(act(api, where, operation), 400, next(iter(options)))
    api.finish(act(api, where, operation, **options))
    assert shown.items() <= api.get(where).items()


def test_a_failed_action_has_no_effect(api: Any) -> None:
    api.simulator.fail_actions(fail=1, process="mtm_stop", message="No")
    where = f"{MATOMO}/{one(api, MATOMO)['id']}"
    assert api.finish(act(api, where, "stop"), "ERROR")["message"] == "No"
    assert api.get(where)["status"] == "ACTIVE"


def test_rights(login: Any, api: Any, refused: Any) -> None:
    reader, ope = login("reader"), login("ope")
    where = f"{CLUSTERS}/{one(api, CLUSTERS)['id']}"
    node = api.get(f"{where}/nodes")[-1]["id"]
    stop = {"operation": "stop"}
    assert content(reader, CLUSTERS) == content(api, CLUSTERS)
    refused(reader.call("PATCH", where, json=stop), 403)
    for method, path in (
        ("POST", CLUSTERS),
        ("DELETE", where),
        ("DELETE", f"{where}/nodes/{node}"),
    ):
        refused(ope.call(method, path, json={"name": "x"} if method == "POST" else None), 403)
    assert ope.call("PATCH", where, json=stop).status_code == 202


def test_dry_runs_and_the_request_log(api: Any) -> None:
    where = f"{CLUSTERS}/{one(api, CLUSTERS)['id']}"
    node = api.get(f"{where}/nodes")[-1]["id"]
    before = content(api, CLUSTERS), api.get(f"{where}/nodes")
    for method, path, body in (
        ("POST", CLUSTERS, {"name": "dry", "admPassword": "Of-nobody-1"}),
        ("PATCH", where, {"operation": "stop"}),
        ("DELETE", f"{where}/nodes/{node}", None),
        ("DELETE", where, None),
    ):
        answer = api.call(method, path, json=body, headers={"ITCare-DryRun": "true"})
        assert (answer.status_code, answer.content) == (202, b"")
        assert answer.headers["ITCare-DryRun"] == "true"
    api.simulator.advance(60)
    assert (content(api, CLUSTERS), api.get(f"{where}/nodes")) == before
    assert not any(entry["executed"] for entry in api.simulator.writes())
    assert api.simulator.writes()[0]["body"] == {"name": "dry", "admPassword": "***"}


def test_faults_and_forbidden_writes(api: Any, refused: Any) -> None:
    api.simulator.fault(path=CLUSTERS, fault={"status": 503, "html": True})
    assert api.call("GET", CLUSTERS).status_code == 503
    assert api.call("GET", CLUSTERS).status_code == 200
    api.simulator.settings(writes="forbid")
    refused(api.call("POST", CLUSTERS, json={"name": "x"}), 403)


# --- nodes of a cluster --------------------------------------------------------------------------


def test_nodes_come_and_go(api: Any, refused: Any) -> None:
    where = f"{CLUSTERS}/{one(api, CLUSTERS)['id']}"
    before = api.get(f"{where}/nodes")
    assert len(before) == 3
    wanted = [
        {"nodesNb": 1, "nodeSizing": "2cpu4gb", "az": "EB-A"},
        {"nodesNb": 2, "nodeSizing": "4cpu8gb"},
    ]
    refused(act(api, where, "create_nodes"), 400, "nodes")
    refused(act(api, where, "create_nodes", nodes=[]), 400, "nodes")
    odd = [{"nodesNb": 1, "nodeSizing": "2cpu4gb", "az": "MOON"}]
    refused(act(api, where, "create_nodes", nodes=odd), 422, "az")
    submitted = act(api, where, "create_nodes", nodes=wanted)
    assert api.get(f"{where}/nodes") == before
    api.finish(submitted)
    after = api.get(f"{where}/nodes")
    assert after[:3] == before
    assert [node["cpu"] for node in after[3:]] == [2, 4, 4]
    assert len({node["name"] for node in after}) == 6
    node = f"{where}/nodes/{after[-1]['id']}"
    assert api.get(node) == after[-1]
    action = api.finish(api.call("DELETE", node))
    assert action in api.get("/actions", resourceId=after[-1]["id"])
    refused(api.call("GET", node), 404, "nodeId")
    refused(api.call("DELETE", node), 404, "nodeId")
    assert api.get(f"{where}/nodes") == after[:-1]


def test_what_a_cluster_keeps(api: Any, refused: Any) -> None:
    cluster = one(api, CLUSTERS)
    where = f"{CLUSTERS}/{cluster['id']}"
    first, second, third = (node["id"] for node in api.get(f"{where}/nodes"))
    submitted = api.call("DELETE", f"{where}/nodes/{first}")
    said = refused(api.call("DELETE", f"{where}/nodes/{second}"), 400, "nodeId")
    assert said == f"All ingress nodes of {cluster['name']} cannot be deleted"
    api.finish(submitted)
    api.finish(api.call("DELETE", f"{where}/nodes/{third}"))
    said = refused(api.call("DELETE", f"{where}/nodes/{second}"), 400, "nodeId")
    assert said == f"All nodes of {cluster['name']} cannot be deleted"


def test_nodes_of_a_new_cluster(api: Any) -> None:
    api.finish(api.call("POST", CLUSTERS, json={"name": "new", "instanceCount": "2"}))
    (made,) = content(api, CLUSTERS, names="new")
    api.simulator.settings(rest_lists="page")
    assert api.get(f"{CLUSTERS}/{made['id']}/nodes")["numberOfElements"] == 2


# --- the control API -----------------------------------------------------------------------------


def test_raw_resources(api: Any, refused: Any) -> None:
    control = api.simulator.control
    made = control("POST", "/control/resources", {"path": "/databases/redis", "status": "WEIRD"})
    where = f"/databases/redis/{made['id']}"
    assert api.get(where)["status"] == "WEIRD"
    path = f"/control/resources/{made['id']}"
    control("PATCH", path, {"status": "ACTIVE", "surprise": 1})
    api.finish(act(api, where, "stop"))
    assert control("GET", path)["status"] == "INACTIVE"
    assert api.get(where)["surprise"] == 1
    control("DELETE", path)
    refused(api.call("GET", where), 404, "id")
    for wrong in ("/nowhere", None):
        with pytest.raises(AssertionError, match="400"):
            control("POST", "/control/resources", {"path": wrong})
    with pytest.raises(AssertionError, match="400"):
        control("GET", path)
    assert "resources" in control("GET", "/control/state")
