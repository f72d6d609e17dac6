# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A stand-in for the API of Hetzner Cloud, with as much of it as the inventory plugin of hetzner.hcloud asks for.

The benchmark runs that plugin beside ours. A server is about 3 kB here, as it is there; at most 50 are on a page.
"""

from __future__ import annotations

import json
import math
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

PLUGIN = "hetzner.hcloud.hcloud"
LARGEST_PAGE = 50
PLACES = (("nbg1", "Nuremberg"), ("fsn1", "Falkenstein"), ("hel1", "Helsinki"))
ENVIRONMENTS = ("PRODUCTION", "PREPRODUCTION", "RECETTE", "INTEGRATION", "DEVELOPMENT")
NETWORKS = 12


def is_installed() -> bool:
    """Whether the collection is there: it comes with the PyPI package `ansible`."""
    return any(Path(path, "ansible_collections/hetzner/hcloud").is_dir() for path in sys.path)


def options(url: str) -> dict[str, Any]:
    """Of an inventory file, with the grouping that the benchmark asks of every plugin."""
    return {
        "plugin": PLUGIN,
        "api_token": "x" * 64,
        "api_endpoint": url,
        "keyed_groups": [
            {"key": "hcloud_labels.environment", "prefix": "environment"},
            {"key": "hcloud_location", "prefix": "region"},
            {"key": "hcloud_status", "prefix": "status"},
            {"key": "hcloud_private_networks[0].name", "prefix": "network"},
        ],
        "groups": {"production": "hcloud_labels.environment == 'PRODUCTION'"},
        "compose": {"ansible_host": "hcloud_ipv4"},
    }


def _location(number: int) -> dict[str, Any]:
    name, city = PLACES[number % len(PLACES)]
    return {
        "id": number % len(PLACES) + 1,
        "name": name,
        "description": f"{city} DC Park 1",
        "country": "DE",
        "city": city,
        "latitude": 49.452102,
        "longitude": 11.076665,
        "network_zone": "eu-central",
    }


def _price(place: str) -> dict[str, Any]:
    price = {"net": "0.0060000000", "gross": "0.0071400000000000"}
    return {
        "location": place,
        "price_hourly": price,
        "price_monthly": {"net": "3.7900000000", "gross": "4.5101000000000000"},
        "included_traffic": 21990232555520,
        "price_per_tb_traffic": price,
    }


def _server(number: int) -> dict[str, Any]:
    address = f"{number // 65536 % 256}.{number // 256 % 256}.{number % 256}"
    created = "2024-03-05T08:00:00+00:00"
    return {
        "id": 40_000_000 + number,
        "name": f"web-{number:06}",
        "status": "off" if number % 20 == 0 else "running",
        "created": created,
        "public_net": {
            "ipv4": {
                "id": 50_000_000 + number,
                "ip": f"65.{address}",
                "blocked": False,
                "dns_ptr": f"static.{number}.clients.example.com",
            },
            "ipv6": {
                "id": 60_000_000 + number,
                "ip": f"2001:db8:{number % 65536:x}:1::/64",
                "blocked": False,
                "dns_ptr": [],
            },
            "floating_ips": [],
            "firewalls": [{"id": 38, "status": "applied"}],
        },
        "private_net": [
            {
                "network": number % NETWORKS + 1,
                "ip": f"10.{address}",
                "alias_ips": [],
                "mac_address": "86:00:ff:2a:7d:e1",
            }
        ],
        "server_type": {
            "id": 104,
            "name": "cx22",
            "description": "CX22",
            "category": "Shared vCPU",
            "cores": 2,
            "memory": 4.0,
            "disk": 40,
            "deprecated": False,
            "deprecation": None,
            "prices": [_price(place) for place, _city in PLACES],
            "storage_type": "local",
            "cpu_type": "shared",
            "architecture": "x86",
        },
        "location": _location(number),
        "datacenter": {
            "id": number % len(PLACES) + 2,
            "name": f"{PLACES[number % len(PLACES)][0]}-dc3",
            "description": f"{PLACES[number % len(PLACES)][1]} 1 virtual DC 3",
            "location": _location(number),
            "server_types": {
                name: [104, 105, 106]
                for name in ("supported", "available", "available_for_migration")
            },
        },
        "image": {
            "id": 114690387,
            "type": "system",
            "status": "available",
            "name": "debian-12",
            "description": "Debian 12",
            "image_size": None,
            "disk_size": 5,
            "created": created,
            "created_from": None,
            "bound_to": None,
            "os_flavor": "debian",
            "os_version": "12",
            "rapid_deploy": True,
            "protection": {"delete": False},
            "deprecated": None,
            "labels": {},
            "deleted": None,
            "architecture": "x86",
        },
        "iso": None,
        "rescue_enabled": False,
        "locked": False,
        "backup_window": "22-02",
        "outgoing_traffic": 123456789 + number,
        "ingoing_traffic": 987654321 + number,
        "included_traffic": 21990232555520,
        "protection": {"delete": False, "rebuild": False},
        "labels": {
            "environment": ENVIRONMENTS[number % len(ENVIRONMENTS)],
            "service": f"service-{number % 40}",
            "managed-by": "terraform",
        },
        "volumes": [],
        "load_balancers": [],
        "primary_disk_size": 40,
        "placement_group": None,
    }


class HetznerCloud:
    """The API with so many servers, and how often it was asked."""

    def __init__(self, servers: int) -> None:
        self._pages = [
            self._page(number, servers) for number in range(1, servers // LARGEST_PAGE + 2)
        ]
        self.requests = 0
        cloud = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # head and body of an answer go out together

            def do_GET(self) -> None:
                body = cloud.answer(self.path)
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                """Not on the terminal."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def _page(self, number: int, servers: int) -> bytes:
        first = (number - 1) * LARGEST_PAGE
        found = [_server(n) for n in range(first, min(first + LARGEST_PAGE, servers))]
        return self._listed("servers", found, number, servers)

    def _listed(self, what: str, found: list[Any], page: int, total: int) -> bytes:
        last = max(1, math.ceil(total / LARGEST_PAGE))
        pagination = {
            "page": page,
            "per_page": LARGEST_PAGE,
            "previous_page": page - 1 or None,
            "next_page": page + 1 if page < last else None,
            "last_page": last,
            "total_entries": total,
        }
        return json.dumps({what: found, "meta": {"pagination": pagination}}).encode()

    def answer(self, url: str) -> bytes:
        self.requests += 1
        address = urlsplit(url)
        what, _slash, identity = address.path.removeprefix("/v1/").partition("/")
        if what == "servers":
            return self._pages[int(parse_qs(address.query).get("page", ["1"])[0]) - 1]
        if what == "networks":
            network = {"id": int(identity), "name": f"network-{identity}", "ip_range": "10.0.0.0/8"}
            return json.dumps({"network": network}).encode()
        locations = [_location(number) for number in range(len(PLACES))]
        return self._listed("locations", locations, 1, len(locations))

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
