# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The generator of a realistic fleet."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator

from .catalogue import AUTHENTICATION_DOMAINS, Catalogue, Service
from .clock import DAY, stamp
from .fields import Fields
from .instance import SNAPSHOT_LIFE, Instance, make_snapshot
from .places import ENVIRONMENTS, PRODUCTION, Network

FIRST_ID = 10001
_SIZINGS = ((1, 2), (2, 4), (2, 8), (4, 8), (4, 16), (8, 32), (16, 64))
_DISKS = (30, 60, 80, 100, 120, 200, 500)
_REASONS = (
    "Patched by the application team",
    "Vendor appliance, no reboot allowed",
    "Migration in progress",
)
_PEOPLE = ("a.martin", "c.bernard", "l.petit", "m.durand")
_LETTERS = dict(zip(ENVIRONMENTS, "PRTD", strict=True))
_SITE_CODES = {"EB": "EB5", "EB4": "EB4", "ET": "ET1"}
_CRITICALITY = ("low", "medium", "high")
_REGION_WEIGHTS = {"EB": 3, "EB4": 2, "ET": 1}
_PLATFORM_WEIGHTS = {
    "deb8": 1,
    "deb11": 5,
    "deb12": 6,
    "rhel8": 4,
    "rhel9": 5,
    "centos7": 2,
    "ubuntu2204": 2,
    "win2016": 2,
    "win2019": 4,
    "win2022": 4,
    "aix72": 2,
}


class Generator:
    """Makes instances, the same ones for the same seed and starting time."""

    def __init__(self, catalogue: Catalogue, seed: int) -> None:
        self.catalogue = catalogue
        self.random = random.Random(seed)  # no secrets are made of it
        self._numbers: Counter[str] = Counter()
        self._addresses: Counter[int] = Counter()
        self._tags: dict[tuple[int, int, bool], tuple[str, ...]] = {}
        self._balancers: dict[int, list[Fields]] = {}
        self._sites_by_weight = [
            site for site in catalogue.sites for _each in range(_REGION_WEIGHTS[site.region])
        ]
        self._platforms_by_weight = [
            catalogue.platforms[code]
            for code, weight in _PLATFORM_WEIGHTS.items()
            for _each in range(weight)
        ]
        self._services = list(catalogue.services.values())
        self._services += [s for s in self._services if s.environment == PRODUCTION]
        self._products = [catalogue.no_product] * 12 + list(catalogue.products.values())

    def address(self, network: Network) -> str:
        """The next free address of a network."""
        number = self._addresses[network.id]
        self._addresses[network.id] += 1
        return network.address(number)

    def fleet(self, count: int) -> Iterator[Instance]:
        for number in range(count):
            yield self.instance(FIRST_ID + number)

    def instance(self, identity: int) -> Instance:
        pick, chance = self.random.choice, self.random.random
        service = pick(self._services)
        production = service.environment == PRODUCTION
        site = pick(self._sites_by_weight)
        platform = pick(self._platforms_by_weight)
        product = self.catalogue.no_product if platform.kind == "AIX" else pick(self._products)
        network = pick(self.catalogue.networks_of(site, service.environment))
        cpu, ram = pick(_SIZINGS)
        created = self.catalogue.start - DAY * (4 + 2000 * chance())
        backed_up = platform.backup_allowed and chance() < (0.95 if production else 0.4)
        monitored = chance() < (0.95 if production else 0.5)
        replicated = chance() < (0.9 if production else 0.1)
        prefix = f"{_LETTERS[service.environment]}{_SITE_CODES[site.region]}{service.application}"
        self._numbers[prefix] += 1
        instance = Instance(
            id=identity,
            name=f"{prefix}{self._numbers[prefix]:02d}",
            status="ACTIVE" if chance() < 0.88 else "INACTIVE",
            site=site,
            platform=platform,
            product=product,
            service=service,
            cloud=service.cloud,
            network=network,
            ip=self.address(network),
            domain=AUTHENTICATION_DOMAINS[chance() < 0.1],
            cpu=cpu,
            ram=ram,
            disk=pick(_DISKS),
            monitored=monitored,
            alerting=monitored and chance() < 0.8,
            on_call=monitored and production and chance() < 0.5,
            policies=self.catalogue.default_policies(production, product) if backed_up else (),
            replicated=replicated,
            balancers=self._balancers_of(service) if chance() < 0.15 else [],
            created=created,
            creator=pick(_PEOPLE),
            tags=self._tags_of(service, int(chance() * 3), chance() < 0.1),
        )
        if production and not replicated:
            instance.replication_reason = "The application replicates its data itself"
        instance.patch_party = self._own_patch_party(service.environment)
        if chance() < 0.05:
            taken = self.catalogue.start - 0.8 * SNAPSHOT_LIFE * chance()
            instance.snapshot = make_snapshot(
                instance, 1, taken, by=pick(_PEOPLE), description="Before the next release"
            )
        if chance() < 0.1:
            instance.comment = f"Asked for by {pick(_PEOPLE)}"
        return instance

    def _own_patch_party(self, environment: str) -> Fields:
        """One in a group, or of an instance that somebody has excluded."""
        pick, chance = self.random.choice, self.random.random
        if chance() >= 0.07:
            return self.catalogue.patch_party(environment, pick((None, "1", "2", "3")))
        return {
            **self.catalogue.patch_party(environment),
            "excluded": True,
            "excludedBy": pick(_PEOPLE),
            "exclusionDate": stamp(self.catalogue.start - DAY * (1 + 300 * chance())),
            "exclusionReason": pick(_REASONS),
        }

    def _tags_of(self, service: Service, criticality: int, by_hand: bool) -> tuple[str, ...]:
        key = (service.id, criticality, by_hand)
        if key not in self._tags:
            self._tags[key] = (
                f"app:{service.application.lower()}",
                f"env:{service.environment.lower()}",
                f"team:{service.team}",
                f"criticality:{_CRITICALITY[criticality]}",
                *(("maintenance:manual",) if by_hand else ()),
            )
        return self._tags[key]

    def _balancers_of(self, service: Service) -> list[Fields]:
        if service.id not in self._balancers:
            self._balancers[service.id] = [
                {
                    "id": 7000 + service.id,
                    "memberCount": 2 + service.id % 4,
                    "monitoringEnabled": True,
                    "name": f"LB-{service.application}-{service.environment[:4]}",
                    "serviceId": service.id,
                    "status": "ACTIVE",
                }
            ]
        return self._balancers[service.id]
