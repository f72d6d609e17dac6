# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is written to resources that aren't instances: what is refused, what happens (docs/api.md#rest)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from .action import ActionFailed, Apply, Change
from .catalogue import Service
from .checks import need_sizing
from .fields import Fields
from .problems import Problem, from_validation, inconsistent, invalid, unknown_here
from .resource import KUBERNETES, Family, Node, Resource
from .store import Store

Options = dict[str, Any]


class _Options(BaseModel):
    model_config = ConfigDict(extra="forbid")

    changeReference: str | None = None


class _Nodes(BaseModel):
    model_config = ConfigDict(extra="forbid")

    nodesNb: Annotated[int, Field(ge=1, le=50)]
    nodeSizing: str
    az: str | None = None


class _CreateNodes(_Options):
    nodes: Annotated[list[_Nodes], Field(min_length=1)]


class _AddNodes(_Options):
    diskSize: Annotated[int, Field(ge=1)]
    nodeSize: str
    nodesCount: Annotated[int, Field(ge=2, multiple_of=2)]


class _ResizeNodes(_Options):
    nodeSize: str
    nodes: Annotated[list[str], Field(min_length=1)]


class _Monitoring(_Options):
    state: bool
    on_call: bool | None = None


class _Extend(_Options):
    sizing: Literal["XS", "S", "M", "L", "XL"]


def find(store: Store, family: Family, identity: int) -> Resource:
    resource = store.resources.get(identity)
    if resource is None or resource.family is not family:
        message = f"Nothing of {family.path} has the id {identity}"
        raise Problem(404, message, field="id", code="NOT_FOUND")
    return resource


def find_node(cluster: Resource, identity: int) -> Node:
    node = cluster.nodes.get(identity)
    if node is None:
        message = f"{cluster.name} has no node {identity}"
        raise Problem(404, message, field="nodeId", code="NOT_FOUND")
    return node


def _need_idle(store: Store, identity: int, name: str) -> None:
    running = store.running.get(identity)
    if running is not None:
        message = f"Action {running.id} ({running.process}) is in progress on {name}"
        raise Problem(409, message, code="ACTION_IN_PROGRESS")


def _change(resource: Resource, operation: str, apply: Apply) -> Change:
    process = f"{resource.family.short}_{operation}"
    kind = resource.family.resource_type
    service = resource.service.id
    return Change(process, resource.id, resource.name, service, apply, resource_type=kind)


def create(store: Store, family: Family, body: Fields, by: str) -> Change:
    """Only what names it and its service are looked at: the rest differs, and little of it is public."""
    given = [body[field] for field in family.naming if body.get(field)]
    if not given or not isinstance(given[0], str):
        raise invalid(family.naming[0], "a name is needed")
    name, service = given[0], _service(store, body)
    process = f"{family.short}_create"
    names = [resource.name for resource in store.resources.values()]
    names += [
        action.resource_name for action in store.running.values() if action.process == process
    ]
    if name.lower() in (taken.lower() for taken in names):
        raise Problem(409, f"Name {name} is already used", field="name", code="NAME_TAKEN")
    nodes, cpu, ram = _first_nodes(body) if family is KUBERNETES else (0, 0, 0)
    identity = store.next_resource_id

    def begin() -> None:
        store.take_resource_id()

    def appear(when: float) -> None:
        resource = Resource(identity, family, name, service, when, by)
        zone = store.catalogue.sites[0].zone
        resource.add_nodes(nodes, cpu, ram, zone, store.take_resource_id)
        store.resources[identity] = resource

    kind = family.resource_type
    return Change(process, identity, name, service.id, appear, begin, kind)


def _service(store: Store, body: Fields) -> Service:
    """The one that is named, as a number or a text of digits, else the first."""
    given = body.get("serviceId", next(iter(store.catalogue.services)))
    if isinstance(given, bool) or not str(given).isdigit():
        raise invalid("serviceId", "expected an integer")
    if int(given) not in store.catalogue.services:
        raise inconsistent("serviceId", f"no service {given}")
    return store.catalogue.services[int(given)]


def _first_nodes(body: Fields) -> tuple[int, int, int]:
    """How many, and their CPUs and GB."""
    count = body.get("instanceCount", 3)
    if isinstance(count, bool) or not str(count).isdigit() or not 1 <= int(count) <= 50:
        raise invalid("instanceCount", "expected a number from 1 to 50")
    return int(count), *need_sizing("nodeSizing", str(body.get("nodeSizing", "2cpu4gb")))


def delete(store: Store, family: Family, identity: int) -> Change:
    resource = find(store, family, identity)
    _need_idle(store, identity, resource.name)

    def apply(when: float) -> None:
        store.resources.pop(identity, None)

    return _change(resource, "delete", apply)


def delete_node(store: Store, identity: int, node_id: int) -> Change:
    """Its action is the node's. The last node stays, and so does the last one for ingress."""
    cluster = find(store, KUBERNETES, identity)
    node = find_node(cluster, node_id)
    _need_idle(store, identity, cluster.name)
    _need_idle(store, node_id, node.name)
    going = [node_id, *(other for other in cluster.nodes if other in store.running)]
    if why := _why_not(cluster, going):
        raise Problem(400, why, field="nodeId", code="INVALID_STATUS")

    def apply(when: float) -> None:
        if cluster.nodes.pop(node_id, None) is None:
            raise ActionFailed(f"{cluster.name} has no node {node_id} any more")

    process = f"{KUBERNETES.short}_delete_node"
    kind = f"{KUBERNETES.resource_type}_NODE"
    return Change(process, node_id, node.name, cluster.service.id, apply, resource_type=kind)


def _why_not(cluster: Resource, going: list[int]) -> str:
    left = [node for node in cluster.nodes.values() if node.id not in going]
    if not left:
        return f"All nodes of {cluster.name} cannot be deleted"
    if not any(node.ingress for node in left):
        return f"All ingress nodes of {cluster.name} cannot be deleted"
    return ""


# --- operations ----------------------------------------------------------------------------------


def _power(status: str, wanted: str) -> Callable[[Store, Resource, Any], Apply]:
    """From one status to the other; refused in any but the first."""

    def prepare(store: Store, resource: Resource, options: Any) -> Apply:
        _need_status(resource, status)

        def apply(when: float) -> None:
            resource.status = wanted
            resource.shown.pop("status", None)

        return apply

    return prepare


def _need_status(resource: Resource, status: str) -> None:
    shown = resource.path("status")
    if shown != status:
        message = f"{resource.name}: status is {shown}, not {status}"
        raise Problem(400, message, field="status", code="INVALID_STATUS")


def _create_nodes(store: Store, cluster: Resource, options: _CreateNodes) -> Apply:
    _need_status(cluster, "ACTIVE")
    zones = [site.zone for site in store.catalogue.sites]
    for wanted in options.nodes:
        need_sizing("nodeSizing", wanted.nodeSizing)
        if wanted.az not in (None, *zones):
            raise inconsistent("az", f"no zone '{wanted.az}'")

    def apply(when: float) -> None:
        for wanted in options.nodes:
            sizing = need_sizing("nodeSizing", wanted.nodeSizing)
            zone = wanted.az or zones[0]
            cluster.add_nodes(wanted.nodesNb, *sizing, zone, store.take_resource_id)

    return apply


def _resized(store: Store, resource: Resource, options: _AddNodes | _ResizeNodes) -> Apply:
    """Nothing public shows the nodes of a database."""
    need_sizing("nodeSize", options.nodeSize)
    return lambda when: None


def _monitoring(store: Store, resource: Resource, options: _Monitoring) -> Apply:
    shown = {"monitoringEnabled": options.state}
    if options.on_call is not None:
        shown["monitoringOnCallEnabled"] = options.on_call
    return lambda when: resource.shown.update(shown)


def _extend(store: Store, resource: Resource, options: _Extend) -> Apply:
    return lambda when: resource.shown.update(sizing=options.sizing)


OPERATIONS: dict[str, tuple[type[_Options], Callable[[Store, Resource, Any], Apply]]] = {
    "start": (_Options, _power("INACTIVE", "ACTIVE")),
    "stop": (_Options, _power("ACTIVE", "INACTIVE")),
    "create_nodes": (_CreateNodes, _create_nodes),
    "add_nodes": (_AddNodes, _resized),
    "resize_nodes": (_ResizeNodes, _resized),
    "update_monitoring": (_Monitoring, _monitoring),
    "extend": (_Extend, _extend),
}


def operations_of(family: Family) -> tuple[str, ...]:
    return "start", "stop", *family.operations


def patch(store: Store, family: Family, identity: int, operation: str, options: Options) -> Change:
    known = operations_of(family)
    if operation not in known:
        what = f"the operation '{operation}' of {family.path}"
        raise unknown_here(what, f" (known are: {', '.join(known)})")
    model, prepare = OPERATIONS[operation]
    try:
        checked = model.model_validate(options)
    except ValidationError as error:
        raise from_validation(error.errors()) from error
    resource = find(store, family, identity)
    _need_idle(store, identity, resource.name)
    return _change(resource, operation, prepare(store, resource, checked))


def available_actions(store: Store, resource: Resource) -> list[Fields]:
    """What could be done to it now, in the form in which Matomo's sample shows it."""
    causes = []
    if resource.id in store.running:
        causes.append("An action is in progress")
    unfit = {"start": "ACTIVE", "stop": "INACTIVE", "create_nodes": "INACTIVE"}
    found = []
    for operation in operations_of(resource.family):
        status = resource.path("status")
        why = [*causes, *([f"Status is {status}"] if unfit.get(operation) == status else [])]
        found.append({"available": not why, "operation": operation, "unavailabilityCauses": why})
    return found
