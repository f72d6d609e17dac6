# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Resources that aren't instances: their families, and what the API shows of each (docs/api.md#rest)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from .catalogue import Catalogue, Service
from .clock import DAY, stamp
from .fields import Fields, merge

FIRST_RESOURCE_ID = 900001  # no instance of a fleet that is tested with has such an id
FIRST_BALANCER_ID = 7000  # instances show these: ``generator``
HEAD = (  # of an instance, which the others show too
    *("id", "internalResourceId", "name", "label", "path", "status", "environment"),
    *("serviceId", "serviceKey", "serviceName", "cloudId", "cloudName"),
    *("category", "type", "family", "resourceType", "productName", "supportPhase"),
    *("creationTime", "creationUser", "comment"),
)
_FILTERS = ("services", "names", "environments", "statuses", "clouds")


@dataclass(frozen=True)
class Family:
    """Products of one kind. All are served by the same code; here is what differs."""

    path: str
    category: str
    product: str
    short: str  # in names of resources and of processes
    operations: tuple[str, ...] = ()  # beside start and stop
    filters: tuple[str, ...] = _FILTERS
    naming: tuple[str, ...] = ("name",)  # the field of a create body that names the new one

    @property
    def resource_type(self) -> str:
        return self.product.upper().replace(" ", "_")


FAMILIES = (
    Family("/compute/containers/kubernetes", "Container", "Kubernetes", "k8s", ("create_nodes",)),
    Family(
        "/networking/loadbalancers", "Load balancer", "Load Balancer", "lb", naming=("name", "url")
    ),
    Family("/databases/mariadb", "Managed database", "MariaDB", "mdb"),
    Family(
        "/databases/opensearch",
        "Managed database",
        "OpenSearch",
        "ops",
        ("add_nodes", "resize_nodes", "update_monitoring"),
    ),
    Family("/databases/postgresql", "Managed database", "PostgreSQL", "pgs"),
    Family("/databases/redis", "Managed database", "Redis", "rds"),
    Family("/message-brokers/apache-kafka", "Message broker", "Apache Kafka", "kfk"),
    Family("/message-brokers/rabbitmq", "Message broker", "RabbitMQ", "rmq"),
    Family("/storage/glusterfs", "Storage", "GlusterFS", "gfs"),
    Family("/storage/overdrive", "Storage", "Overdrive", "ovd", filters=("names",)),
    Family("/analytics/matomo", "Analytics", "Matomo", "mtm", ("extend",), ("names", "clouds")),
)
BY_PATH = {family.path: family for family in FAMILIES}
KUBERNETES, BALANCERS = FAMILIES[:2]


@dataclass
class Node:
    """A node of a Kubernetes cluster, with the fields of an instance that say what it is."""

    id: int
    name: str
    zone: str
    cpu: int
    ram: int
    ingress: bool

    def document(self) -> Fields:
        return {
            "id": self.id,
            "name": self.name,
            "status": "ACTIVE",
            "cpu": self.cpu,
            "ram": self.ram,
            "availabilityZone": {"id": self.zone},
            "isExternalIngressNode": self.ingress,
            "isInternalIngressNode": self.ingress,
        }


@dataclass
class Resource:
    """``shown`` are fields of its own, and raw ones that a test has set."""

    id: int
    family: Family
    name: str
    service: Service
    created: float
    creator: str
    status: str = "ACTIVE"
    shown: Fields = field(default_factory=dict)
    nodes: dict[int, Node] = field(default_factory=dict)
    tags: tuple[str, ...] = ()

    def document(self) -> Fields:
        """What it shows but for its actions."""
        fields = {
            **dict.fromkeys(HEAD),
            "id": self.id,
            "internalResourceId": self.id + 500000,
            "name": self.name,
            "label": self.name,
            "path": self.family.path,
            "status": self.status,
            **self.service.fragment.fields,
            **self.service.cloud.fragment.fields,
            "category": self.family.category,
            "type": self.family.product,
            "resourceType": self.family.resource_type,
            "productName": self.family.product,
            "supportPhase": "STANDARD",
            "creationTime": stamp(self.created),
            "creationUser": self.creator,
        }
        return merge(fields, self.shown)

    def path(self, dotted: str) -> Any:
        value: Any = self.document()
        for part in dotted.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        return value

    def add_nodes(
        self, count: int, cpu: int, ram: int, zone: str, next_id: Callable[[], int]
    ) -> None:
        """The first two of a cluster are those that the world comes in by."""
        taken = {node.name for node in self.nodes.values()}
        free = (
            name for number in range(1, 10000) if (name := f"{self.name}-{number}") not in taken
        )
        for _each in range(count):
            identity = next_id()
            ingress = len(self.nodes) < 2
            self.nodes[identity] = Node(identity, next(free), zone, cpu, ram, ingress)


def make_resources(catalogue: Catalogue, next_id: Callable[[], int]) -> Iterator[Resource]:
    """Three of each family, the last one stopped, and the load balancers that instances show."""
    services = list(catalogue.services.values())
    created = catalogue.start - 400 * DAY
    for service in services:
        balancer = Resource(
            FIRST_BALANCER_ID + service.id,
            BALANCERS,
            f"LB-{service.application}-{service.environment[:4]}",
            service,
            created,
            "a.martin",
            shown={"memberCount": 2 + service.id % 4, "monitoringEnabled": True},
        )
        yield balancer
    for place, family in enumerate(f for f in FAMILIES if f is not BALANCERS):
        for number in range(3):
            service = services[(4 * place + 5 * number) % len(services)]
            name = f"{service.environment[0]}{service.application}-{family.short}{number + 1:02d}"
            resource = Resource(next_id(), family, name.lower(), service, created, "c.bernard")
            resource.status = "INACTIVE" if number == 2 else "ACTIVE"
            if family is KUBERNETES:
                resource.add_nodes(3, 2, 4, catalogue.sites[0].zone, next_id)
            yield resource
