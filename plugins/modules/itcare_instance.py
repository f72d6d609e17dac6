#!/usr/bin/python
# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: itcare_instance
short_description: Create, change, start, stop and delete instances at cegedim.cloud
version_added: 0.1.0
description:
  - Brings one instance (virtual server) to the state that is asked for, and changes only what differs from it.
  - An instance is told by its exact name or by its id.
  - Waits by default for the asynchronous actions that ITCare runs for the changes.
author:
  - cegedim.cloud collection contributors (@cegedim-cloud)
extends_documentation_fragment:
  - cegedim.cloud.itcare
  - cegedim.cloud.itcare.attributes
  - cegedim.cloud.itcare.write
attributes:
  idempotent:
    support: partial
    description: >-
      The states V(restarted) and V(reset) do what they say at each run. With the others a second run changes nothing.
options:
  state:
    description:
      - V(present) - the instance exists, with the options below as given. It is created when there is none of this name.
        A running instance keeps running, a stopped one stays stopped.
      - V(absent) - the instance doesn't exist. This cannot be undone. A running instance is refused, unless O(force=true).
      - V(started) - as V(present), and it is running.
      - V(stopped) - as V(present), and it is stopped.
      - V(restarted) - as V(present), and it is stopped in good order and started again. A stopped one is started. The
        instance must exist.
      - V(reset) - as V(present), and it is switched off and on hard. Its services aren't stopped in good order and data
        may be lost. The instance must exist and run.
    type: str
    choices: [present, absent, started, stopped, restarted, reset]
    default: present
  name:
    description:
      - Exact name of the instance, a host name such as V(PEB4MYAPP01). Two instances of one name are an error; use O(id) then.
      - Exactly one of O(name) and O(id) is needed.
    type: str
  id:
    description:
      - Id of an existing instance. An id that isn't found is an error, except with O(state=absent); it is never created.
    type: int
  sizing:
    description:
      - Size as vCPU and memory in GB, such as V(2cpu4gb). Needed to create an instance.
      - An existing instance of another size is resized. A sizing in another form is passed on when creating; it can't be
        compared later, so the size is then left alone with a warning.
    type: str
  region:
    description: Id of the region, such as V(EB4). Needed to create an instance; can't be changed afterwards.
    type: str
  area:
    description: Id of the area in the region. ITCare takes the region's default area without it. Can't be changed afterwards.
    type: str
  availability_zone:
    description: Id of the availability zone. ITCare chooses one without it. Can't be changed afterwards.
    type: str
  platform:
    description:
      - Id of the platform (image), such as V(deb8). Needed to create an instance; can't be changed afterwards.
      - Existing instances show an image code. Whether that is the same list isn't known, so a difference is a warning.
    type: str
  service_id:
    description: Id of the service that the instance belongs to. Needed to create an instance; can't be changed afterwards.
    type: int
  network_id:
    description: Id of the network. ITCare takes the availability zone's default network without it. Can't be changed afterwards.
    type: int
  regulation:
    description:
      - Regulation of the area. ITCare takes V(STANDARD) when creating without it. Can't be changed afterwards.
      - V(HDS) is the French certification for hosting health data.
    type: str
    choices: [HDS, STANDARD]
  authentication_domain_id:
    description: Id of the authentication domain, such as V(CGDM-EMEA). Can't be changed afterwards.
    type: str
  cloud_id:
    description: Id of the cloud. Can't be changed afterwards.
    type: int
  product_code:
    description: Code of a product to install, such as V(rmq11). Can't be changed afterwards.
    type: str
  specific_request:
    description: A request in words to the administrators. It can delay the delivery by up to 24 hours. Only used when creating.
    type: str
  storage_pool:
    description: Storage pool. Only used when creating.
    type: str
  properties:
    description: Properties that the platform asks for. Only used when creating.
    type: list
    elements: dict
    suboptions:
      key:
        description: Name of the property.
        type: str
        required: true
      value:
        description: Its value. Exactly one of this and O(properties[].secret_value) is needed.
        type: str
      secret_value:
        description:
          - Its value, where that is a password or the like. It is sent as the value and shown nowhere.
          - Wherever its text turns up in the result, that is masked, so a short secret hides more than itself.
        type: str
      default_value:
        description: Its default value, as the platform shows it.
        type: str
      description:
        description: Its description, as the platform shows it.
        type: str
      displayed:
        description: Whether it is displayed.
        type: bool
      editable:
        description: Whether it can be edited.
        type: bool
      mandatory:
        description: Whether it is mandatory.
        type: bool
  volumes:
    description: Disks, where the platform's default profile isn't wanted. Only used when creating.
    type: list
    elements: dict
    suboptions:
      id:
        description: Name of the volume in the platform, such as V(data).
        type: str
        required: true
      size_gb:
        description: Size in GB.
        type: int
      description:
        description: Its description, as the platform shows it.
        type: str
      editable:
        description: The field C(editable) of the platform's volume.
        type: int
      excl_from_snap:
        description: The field C(exclFromSnap) of the platform's volume, which keeps it out of snapshots.
        type: int
      mandatory:
        description: Whether it is mandatory.
        type: bool
      max:
        description: Largest size in GB.
        type: int
      min:
        description: Smallest size in GB.
        type: int
      order:
        description: Its place among the volumes.
        type: int
      system:
        description: Whether it is the system's volume.
        type: bool
  monitoring:
    description: Monitoring of the instance. What isn't given is left as it is.
    type: dict
    suboptions:
      enabled:
        description: Whether the instance is monitored.
        type: bool
      alerting:
        description: Whether incidents are handled when the instance has alerts.
        type: bool
      on_call:
        description: Whether teams on call are called outside business hours. Can't be changed after creation.
        type: bool
      reason:
        description: Why a production instance isn't monitored. Needed to switch monitoring off in production.
        type: str
  backup:
    description: Backup of the instance. What isn't given is left as it is.
    type: dict
    suboptions:
      enabled:
        description: Whether the instance is backed up.
        type: bool
      off_site:
        description: Whether backups are replicated to another region. Can't be changed after creation.
        type: bool
      server_policy_id:
        description: Id of the backup policy of the server. Can't be changed after creation.
        type: str
      db_policy_id:
        description: Id of the backup policy of its database. Can't be changed after creation.
        type: str
      reason:
        description: Why a production instance isn't backed up. Needed to switch backup off in production.
        type: str
  replication:
    description: Replication of the instance's storage for disaster recovery. What isn't given is left as it is.
    type: dict
    suboptions:
      enabled:
        description: Whether the storage is replicated.
        type: bool
      reason:
        description: Why a production instance isn't replicated. Needed to switch replication off in production.
        type: str
  force:
    description: With O(state=absent), stop a running instance first. Refused with other states.
    type: bool
    default: false
  comment:
    description: With O(state=reset), a comment that is shown in the monitoring system. Refused with other states.
    type: str
notes:
  - The rights of the API account's profile count. POW is needed to create and delete, OPE for everything else.
  - A task that changes nothing makes two requests, one for the access token and one for the instance.
seealso:
  - module: cegedim.cloud.itcare_instance_info
"""

EXAMPLES = r"""
- name: A web server exists and runs
  cegedim.cloud.itcare_instance:
    name: PEB4WEB09
    state: started
    region: EB4
    platform: deb12
    sizing: 2cpu4gb
    service_id: 13

- name: A message broker, whose password nobody sees
  cegedim.cloud.itcare_instance:
    name: PEB4RMQ01
    region: EB4
    platform: deb12
    sizing: 2cpu4gb
    service_id: 13
    product_code: rmq11
    properties:
      - key: adminLogin
        value: admin
      - key: adminPassword
        secret_value: "{{ lookup('ansible.builtin.env', 'RMQ_PASSWORD') }}"

- name: It has more memory, is monitored and isn't backed up
  cegedim.cloud.itcare_instance:
    name: PEB4WEB09
    sizing: 2cpu8gb
    monitoring:
      enabled: true
      alerting: true
    backup:
      enabled: false
      reason: Rebuilt from a playbook
    change_reference: RFC_123

- name: It is stopped
  cegedim.cloud.itcare_instance:
    name: PEB4WEB09
    state: stopped

- name: It is started and restarted in good order
  cegedim.cloud.itcare_instance:
    name: PEB4WEB09
    state: restarted

- name: It is switched off and on hard, because nothing else helps
  cegedim.cloud.itcare_instance:
    name: PEB4WEB09
    state: reset
    comment: The system hangs

- name: It is deleted for good, stopped first when it runs
  cegedim.cloud.itcare_instance:
    name: PEB4WEB09
    state: absent
    force: true
"""

RETURN = r"""
instance:
  description:
    - The instance as it is after the task, with every field that ITCare shows, in snake case. In check mode as it would be.
    - Null when there is none (any more), or not yet because of O(wait=false).
  returned: success
  type: dict
  sample:
    id: 10007
    name: PEB4WEB09
    status: ACTIVE
    environment: PRODUCTION
    cpu: 2
    ram: 8
    ip_address: 10.59.13.29
    monitoring_enabled: true
    backup_status: false
    region:
      id: EB4
operations:
  description:
    - What this task did, or would do in check mode, in order. Empty when nothing differs, and when others, or an earlier run
      of the same task, have begun or done what was to be done; then the task isn't changed.
  returned: success, and on failure what was done before
  type: list
  elements: str
  sample: [stop, resize, start]
itcare_actions:
  description:
    - The asynchronous actions of the task, and those of others that it found to do just the same, as ITCare showed them last.
      With O(wait=false), they may be in progress.
  returned: success, and on failure those known by then
  type: list
  elements: dict
  sample:
    - id: 1333
      process: vm_resize
      resource_name: PEB4WEB09
      status: SUCCESS
itcare_error:
  description: Facts about the failure for programs, such as C(status), C(method), C(path) and the API's own C(error_code).
  returned: failure
  type: dict
  sample:
    status: 403
    method: POST
    path: /compute/instances
"""

from ansible_collections.cegedim.cloud.plugins.module_utils.old_python import refuse_old_python

refuse_old_python()

from ansible_collections.cegedim.cloud.plugins.module_utils.module import WRITE, run
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.instance.ensure import ensure


def main() -> None:
    switch = {"enabled": {"type": "bool"}, "reason": {"type": "str"}}
    run(
        ensure,
        {
            **WRITE,
            "state": {
                "type": "str",
                "choices": ["present", "absent", "started", "stopped", "restarted", "reset"],
                "default": "present",
            },
            "name": {"type": "str"},
            "id": {"type": "int"},
            "sizing": {"type": "str"},
            "region": {"type": "str"},
            "area": {"type": "str"},
            "availability_zone": {"type": "str"},
            "platform": {"type": "str"},
            "service_id": {"type": "int"},
            "network_id": {"type": "int"},
            "regulation": {"type": "str", "choices": ["HDS", "STANDARD"]},
            "authentication_domain_id": {"type": "str"},
            "cloud_id": {"type": "int"},
            "product_code": {"type": "str"},
            "specific_request": {"type": "str"},
            "storage_pool": {"type": "str"},
            "properties": {
                "type": "list",
                "elements": "dict",
                "options": {
                    "key": {"type": "str", "required": True, "no_log": False},
                    "value": {"type": "str"},
                    "secret_value": {"type": "str", "no_log": True},
                    "default_value": {"type": "str"},
                    "description": {"type": "str"},
                    "displayed": {"type": "bool"},
                    "editable": {"type": "bool"},
                    "mandatory": {"type": "bool"},
                },
            },
            "volumes": {
                "type": "list",
                "elements": "dict",
                "options": {
                    "id": {"type": "str", "required": True},
                    "size_gb": {"type": "int"},
                    "description": {"type": "str"},
                    "editable": {"type": "int"},
                    "excl_from_snap": {"type": "int"},
                    "mandatory": {"type": "bool"},
                    "max": {"type": "int"},
                    "min": {"type": "int"},
                    "order": {"type": "int"},
                    "system": {"type": "bool"},
                },
            },
            "monitoring": {
                "type": "dict",
                "options": {**switch, "alerting": {"type": "bool"}, "on_call": {"type": "bool"}},
            },
            "backup": {
                "type": "dict",
                "options": {
                    **switch,
                    "off_site": {"type": "bool"},
                    "server_policy_id": {"type": "str"},
                    "db_policy_id": {"type": "str"},
                },
            },
            "replication": {"type": "dict", "options": switch},
            "force": {"type": "bool", "default": False},
            "comment": {"type": "str"},
        },
        mutually_exclusive=[("name", "id")],
        required_one_of=[("name", "id")],
    )


if __name__ == "__main__":
    main()
