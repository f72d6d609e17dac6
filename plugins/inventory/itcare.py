# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fleet that ITCare knows, as an inventory."""

from __future__ import annotations

DOCUMENTATION = r"""
name: itcare
short_description: Instances at cegedim.cloud, from the ITCare API
version_added: 0.1.0
author:
  - cegedim.cloud collection contributors (@cegedim-cloud)
description:
  - Makes a host of every instance that ITCare lists, with the API's fields as host variables in snake case, one for each
    field under a common prefix, such as C(itcare_environment) and C(itcare_ip_address).
  - Takes YAML files whose names end in C(itcare.yml) or C(itcare.yaml).
  - All or nothing. Every page is fetched and counted before the first host is made; when the list stays incomplete, or
    anything else fails, the source fails as a whole. Set C(ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED=true), so that
    Ansible ends with an error instead of going on without hosts.
  - What the API says is data. A name or comment that looks like a template is never executed, nor is what O(compose)
    makes of it. In keys of maps, C({) and C(#) become C(_).
options:
  plugin:
    description: Marks a file as a source for this plugin.
    type: str
    required: true
    choices: [cegedim.cloud.itcare]
  selections:
    description:
      - Several selections instead of one. What any of them selects becomes a host, once, also where several do. All that
        an entry gives must fit, as at the top level.
      - Beside O(names), O(exclude_names), O(ids) or O(filters) at the top level it is an error.
    type: list
    elements: dict
    suboptions:
      names: {description: As O(names)., type: list, elements: str}
      exclude_names: {description: 'As O(exclude_names), for this selection.', type: list, elements: str}
      ids: {description: As O(ids)., type: list, elements: int}
      filters: {description: As O(filters)., type: dict}
  accounts:
    description:
      - Several accounts instead of one, an entry for each. Their instances make one inventory, or none at all - one account
        that can't be read fails the source, and errors and warnings name it.
      - What an entry leaves out comes from the top level, then from the environment; its own selections take the place of
        all that the top level selects. Credentials stay together - an entry with a O(accounts[].client_id) or
        O(accounts[].access_token) of its own doesn't get the secret of another account.
      - A server that two accounts see is found twice, and O(on_duplicate) says what happens.
    type: list
    elements: dict
    suboptions:
      name:
        description:
          - Letters, digits and underscores, different in each entry.
          - It is in C(itcare_account) of each host, in the groups of O(group_by=account), and in host names with
            O(on_duplicate=unique).
        type: str
        required: true
      selections: {description: 'As O(selections), for this account.', type: list, elements: dict}
      min_hosts: {description: 'As O(min_hosts), for the hosts of this account; V(0) if left out.', type: int}
      api_url: {description: As O(api_url)., type: str}
      token_url: {description: As O(token_url)., type: str}
      client_id: {description: As O(client_id)., type: str}
      client_secret: {description: As O(client_secret)., type: str}
      access_token: {description: As O(access_token)., type: str}
      token_cache: {description: As O(token_cache)., type: bool}
      validate_certs: {description: As O(validate_certs)., type: bool}
      ca_path: {description: As O(ca_path)., type: path}
      request_timeout: {description: As O(request_timeout)., type: int}
      retries: {description: As O(retries)., type: int}
  group_by:
    description:
      - Makes groups of a property, named after both, such as C(environment_PRODUCTION), C(region_EB) or C(patch_group_2).
      - V(patch_group) puts instances that are excluded from patch parties into C(patch_group_excluded); those without a
        preference are in no such group.
      - V(network) takes the network's technical id, V(account) the name in O(accounts).
      - Values that would share a group, because Ansible replaces what may not be in a group's name, or because two
        services or clouds have one name, are told apart. Each of them gets its id, or a short hash where there is none, with
        a warning. V(service_id) makes groups whose names don't depend on other services, such as C(service_id_13).
    type: list
    elements: str
    default: []
    choices:
      - environment
      - status
      - region
      - area
      - availability_zone
      - os_type
      - family
      - service
      - service_id
      - cloud
      - product
      - patch_group
      - network
      - account
  tag_groups:
    description:
      - Makes a group of each of these tags, given as V(key:value), such as C(tag_app_web) for V(app:web).
      - ITCare doesn't show an instance's tags but can filter by them, so each tag costs one more filtered query.
      - A tag that no host has is a warning. Tags that would share a group, such as V(app:web-1) and V(app:web_1), are an
        error.
    type: list
    elements: str
    default: []
  hostnames:
    description:
      - What names a host, in order of preference. The first that isn't empty is taken.
      - V(name), V(label), V(ip_address), V(dns) (first DNS name of the instance's network), or a Jinja expression over
        the fields, such as V(name ~ '.' ~ environment | lower).
      - An entry that is no expression, or that gives no name for any instance, is an error. With O(strict), one that
        can't be evaluated for an instance is an error, too.
      - A name that isn't safe, such as one with blanks, braces or control characters, one that Ansible gives a meaning
        (V(all), V(localhost)), one that a group has, or none at all, is replaced by a safe one that ends in the instance's
        id, with a warning.
      - A group of this source that would have the name of an earlier source's host is an error.
    type: list
    elements: raw
    default: [name]
  on_duplicate:
    description:
      - What happens when several instances get the same host name.
      - V(error) fails and names their ids; V(warn) keeps the one with the lowest id; V(unique) adds the id to the names
        of all of them, after the account's name where there are O(accounts).
      - Of one id in several O(accounts), V(warn) keeps that of the first account.
      - The same goes for a host of an earlier source that is another instance, with another id or from another API or
        account. V(warn) keeps that host; V(unique) adds the id to the name of the instance of this source only.
    type: str
    choices: [error, warn, unique]
    default: error
  hostvars_prefix:
    description:
      - Prefix of the host variables.
      - Where it would make a name that Ansible reserves or rejects, the variable keeps the default prefix.
    type: str
    default: itcare_
  fields:
    description:
      - The fields that become host variables, in snake case without prefix, such as V(environment) or V(ip_address).
        All of them if not given.
      - V(api_url) adds the host part of O(api_url), to tell APIs apart. It is set only where it stands here.
      - Expressions see all fields anyway.
    type: list
    elements: str
  connection_address:
    description:
      - What C(ansible_host) is set to - V(ip), the instance's address; V(dns), the first DNS name of its network; or
        V(none), nothing.
      - What can't be a server's address or name, such as V(0.0.0.0), V(127.0.0.1), V(localhost), one that is link-local or
        for all, or one with a scope (V(%)), is not set, with a warning. A play would configure the controller.
      - O(compose) may set it otherwise.
    type: str
    choices: [ip, dns, none]
    default: ip
  host_filters:
    description:
      - Decides which instances become hosts, for what O(filters) can't express. Each entry has one key, C(include) or
        C(exclude), and an expression; the first expression that is true decides. An instance for which none is true
        becomes a host, so a last entry that includes would do nothing and is an error; C(exclude) with V(true) leaves out
        all others.
      - A filter that can't be evaluated for an instance, for example because a field is missing, is an error.
    type: list
    elements: dict
    default: []
  include:
    description:
      - What to add to each instance, at the cost of one request per instance and part.
      - V(storage) - disks and file systems, in C(itcare_storage_information).
      - V(network) - its network, in C(itcare_network).
    type: list
    elements: str
    choices: [storage, network]
    default: []
  min_hosts:
    description:
      - The fewest hosts that this source may have, after O(names), O(ids), O(filters) and O(host_filters). Fewer are an
        error and are never cached. A server that two accounts see counts once.
      - So that a misspelt filter, or a right that was withdrawn, doesn't empty or halve an inventory unnoticed. Set it
        to what the fleet never falls below, or to V(0) where there may be no host at all.
    type: int
    default: 1
  page_size:
    description: How many instances are asked for at a time. The service may use smaller pages.
    type: int
    default: 200
  workers:
    description: How many requests are made side by side, V(1) to V(32), for all accounts together.
    type: int
    default: 4
  grouping:
    description:
      - How expressions are evaluated, those of O(compose), O(groups), O(keyed_groups), O(hostnames) and O(host_filters).
      - V(fast) asks Ansible once for each distinct input; V(plain) asks it anew for every host. Both make the same inventory,
        so V(plain) is only for finding out what is wrong, or until it is mended. With a release of Ansible that isn't known
        well enough V(fast) is V(plain), and C(-v) says so.
    type: str
    choices: [fast, plain]
    default: fast
    env:
      - name: ITCARE_GROUPING
notes:
  - Expressions in O(compose), O(groups), O(keyed_groups), O(hostnames) and O(host_filters) see each field under its own
    name (C(environment), C(region.id)) and as the host variable that it becomes (C(itcare_environment)). In addition to
    what the API shows, C(itcare_running) tells whether the status is C(ACTIVE), and C(itcare_excluded) whether the
    instance is excluded from patch parties; both are booleans, for O(awx.awx.inventory_source#module:enabled_var) and
    for conditions. With O(accounts), and only then, C(itcare_account) is the name of the account that has found it.
  - O(compose), O(groups) and O(keyed_groups) mean what they mean for any inventory plugin, with one difference - a key in
    O(keyed_groups) that is an integer or a boolean makes a group of its text, where Ansible fails.
  - The connection options, O(names), O(exclude_names), O(ids), O(filters), O(selections), O(tag_groups), numbers, and
    what is true or false may be templates in the file, for example to look up a secret or to take an extra variable (C(-e)). What they
    become is checked as if it stood there. Values of a vault (C(!vault)) are taken as they are. A template in any other
    option is an error, expressions (O(compose), O(groups), O(keyed_groups), O(hostnames), O(host_filters)) aside.
  - A secret that holds braces and isn't a template is written with C(!unsafe), as everywhere in Ansible.
  - List this source last when there are several. It sees which hosts and groups are there already, not those that come
    later.
extends_documentation_fragment:
  - cegedim.cloud.itcare.plugin
  - cegedim.cloud.itcare.selection
  - ansible.builtin.constructed
  - ansible.builtin.inventory_cache
seealso:
  - module: cegedim.cloud.itcare_instance_info
"""

EXAMPLES = r"""
# production.itcare.yml - "plugin" is all that is needed when the credentials come from the environment variables
# ITCARE_CLIENT_ID and ITCARE_CLIENT_SECRET. Everything else is a choice.
---
plugin: cegedim.cloud.itcare

# Credentials may be looked up.
client_id: "{{ lookup('ansible.builtin.env', 'ITCARE_CLIENT_ID') }}"
client_secret: "{{ lookup('ansible.builtin.env', 'ITCARE_CLIENT_SECRET') }}"

# Which instances: what ITCare can filter by, and what only an expression can say.
filters:
  types: [LINUX]
  environments: [PRODUCTION, PREPRODUCTION]
host_filters:
  - exclude: name is match('TMP')

# How hosts are called and reached.
hostnames:
  - name ~ '.example.com'
connection_address: ip

# Groups: environment_PRODUCTION, patch_group_1, tag_app_web ...
group_by: [environment, region, service, patch_group]
tag_groups: ["app:web", "app:db"]

# ... and those of one's own, as in any inventory plugin.
groups:
  stopped: not itcare_running
  at_risk: support_phase is defined and support_phase != 'STANDARD'
keyed_groups:
  - key: family
    prefix: os
  - key: availability_zone.id
    prefix: zone
    parent_group: zones
compose:
  owner: service_name | default('nobody', true)

# Not more often than every ten minutes.
cache: true
cache_plugin: ansible.builtin.jsonfile
cache_connection: ~/.cache/itcare
cache_timeout: 600

# fleet.itcare.yml - two accounts, of one of them its production and one server more. Every host has itcare_account.
#
# plugin: cegedim.cloud.itcare
# accounts:
#   - name: web
#     client_id: web-account
#     client_secret: "{{ lookup('ansible.builtin.env', 'WEB_SECRET') }}"
#   - name: labo
#     client_id: labo-account
#     client_secret: "{{ lookup('ansible.builtin.env', 'LABO_SECRET') }}"
#     selections:
#       - filters:
#           environments: [PRODUCTION]
#       - names: [LABO7]
# group_by: [account, environment]
#
# # Servers of one name in both are told apart: WEB1_web_13, WEB1_labo_7.
# on_duplicate: unique
"""

import re
import typing as t
from dataclasses import asdict

from ansible import constants as C
from ansible.errors import AnsibleError, AnsibleParserError
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable
from ansible.plugins.loader import cache_loader
from ansible.release import __version__ as CORE

try:  # masks what is registered wherever Ansible shows something
    from ansible.module_utils.secrets import register_secret
except ImportError:  # before ansible-core 2.22
    register_secret = None

from ..module_utils.api.checks import tags
from ..module_utils.api.client import Client
from ..module_utils.api.connection_options import ConnectionOptions
from ..module_utils.api.errors import InputError, ItcareError
from ..module_utils.api.requests_library import REQUESTS_IMPORT_ERROR
from ..plugin_utils.inventory.accounts import Account, AccountFleet, accounts, connections
from ..plugin_utils.inventory.builder import InventoryBuilder
from ..plugin_utils.inventory.cache import FleetCache
from ..plugin_utils.inventory.cache_folder import keep_to_oneself
from ..plugin_utils.inventory.collect import Asked, collect, fetch_fleets
from ..plugin_utils.inventory.entries import read_file
from ..plugin_utils.inventory.fleet import Fleet
from ..plugin_utils.inventory.garbage import COLLECTOR
from ..plugin_utils.inventory.native_groups import check_tag_groups
from ..plugin_utils.inventory.options import check_bounds
from ..plugin_utils.inventory.rollback import all_or_nothing

FILE_NAMES = ("itcare.yml", "itcare.yaml")


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):  # type: ignore[misc]
    NAME = "cegedim.cloud.itcare"

    def verify_file(self, path: str) -> bool:
        if not super().verify_file(path):
            return False
        if path.endswith(FILE_NAMES):
            return True
        if _is_meant_for_us(path):
            self.display.warning(
                f"{path} is not read: {self.NAME} takes files whose names end in {' or '.join(FILE_NAMES)}."
            )
        return False

    def parse(self, inventory: t.Any, loader: t.Any, path: str, cache: bool = True) -> None:
        super().parse(inventory, loader, path, cache)
        self._path = path
        if REQUESTS_IMPORT_ERROR:
            raise AnsibleParserError(
                f"{self.NAME} needs the Python library requests, in the Python that runs Ansible: pip install requests"
            )
        try:
            self._read(path)
            check_bounds(self.get_options())
            asked = accounts(self.get_options(), self._connections)
            tag_groups = tags(self.get_option("tag_groups"), "tag_groups")
            check_tag_groups(tag_groups, self._sanitize_group_name, inventory)
            with COLLECTOR.resting(), all_or_nothing(inventory):
                builder = InventoryBuilder(self)
                found, packed = self._fleets(asked, cache)
                builder.add(found)
            if packed:
                # Only now, as what is refused isn't for the next run either. Ansible stores it when this ends.
                self._cache.update(packed)
        except ItcareError as error:
            raise AnsibleParserError(str(error)) from None

    # -- the file --

    def _read(self, path: str) -> None:
        try:
            self._read_config_data(path)
        except AnsibleError as error:
            if "_uri" not in str(error) or self._options.get("cache_connection"):
                raise
            raise InputError(
                f"cache_plugin {self.get_option('cache_plugin')} needs cache_connection (environment variable "
                "ANSIBLE_INVENTORY_CACHE_CONNECTION): where it stores, for jsonfile a folder."
            ) from None

    def set_options(
        self, task_keys: t.Any = None, var_options: t.Any = None, direct: t.Any = None
    ) -> None:
        """Ansible calls this with what the file holds."""
        if direct:
            definitions = C.config.get_configuration_definitions("inventory", self._load_name)
            self.templar.available_variables = self._vars
            direct = read_file(direct, definitions, self.templar)
            self._connections = connections(direct)
            # Ansible needn't look into the environment, where it reads a boolean its own way.
            direct.update(asdict([*self._connections.values()][0]))
        super().set_options(task_keys=task_keys, var_options=var_options, direct=direct)
        if direct and self.get_option("cache"):  # what it stores in is made next
            kind = cache_loader.get(self.get_option("cache_plugin"), class_only=True)
            open_to_others = keep_to_oneself(kind, self.get_option("cache_connection"))
            if open_to_others:
                self.display.warning(f"{self._path}: {open_to_others}")

    def _read_config_data(self, path: str) -> t.Any:
        try:
            return super()._read_config_data(path)
        except AttributeError as error:
            if ".get" not in str(error) and "'get'" not in str(error):
                raise
            # Ansible takes any content for a dictionary.
            raise AnsibleParserError(
                f"{path} holds a list or a text where options and their values are wanted, such as plugin: {self.NAME}."
            ) from None

    # -- what the API says --

    def _fleets(
        self, asked: list[Account], may_read_cache: bool
    ) -> tuple[list[AccountFleet], dict[str, object]]:
        """From the cache where there is one and it may be used, else from the API; and what is to be cached."""
        if not self.get_option("cache"):
            return collect(asked, lambda key: None, self._fetch)[0], {}
        cache = FleetCache(self._cache, self.display.warning)
        found, fetched = collect(
            asked, cache.get if may_read_cache else lambda key: None, self._fetch
        )
        return found, {key: fleet.to_cache() for key, fleet in fetched.items()}

    def _fetch(self, asked: list[Asked]) -> list[Fleet]:
        for account in {account.name: account for account, _query in asked}.values():
            if account.connection.warning:
                self.display.warning(f"{self._path}: {account.says(account.connection.warning)}")
        return fetch_fleets(
            asked,
            self._client,
            page_size=self.get_option("page_size"),
            workers=self.get_option("workers"),
            warn=self.display.warning,
            remark=self.display.v,
        )

    def _client(self, connection: ConnectionOptions, slots: t.ContextManager[t.Any]) -> Client:
        return Client(
            connection,
            read_only=True,
            slots=slots,
            runs_in=f"ansible-core/{CORE}",
            mask=register_secret,
        )


def _is_meant_for_us(path: str) -> bool:
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read(10_000)
    except (OSError, ValueError):
        return False
    return re.search(r"^plugin:\s*[\"']?cegedim\.cloud\.itcare\b", text, re.M) is not None
