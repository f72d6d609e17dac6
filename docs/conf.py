# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Settings of Sphinx for the documentation site, whose pages antsibull-docs makes."""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes

project = "cegedim.cloud"
project_copyright = "the cegedim.cloud collection contributors"
extensions = ["sphinx_antsibull_ext"]
html_theme = "sphinx_ansible_theme"
html_title = project
html_short_title = project
html_show_sphinx = False
html_copy_source = False
html_use_index = False
pygments_style = "ansible"
highlight_language = "YAML+Jinja"
default_role = "any"
nitpicky = True

ANSIBLE_DOCUMENTATION = "https://docs.ansible.com/ansible/latest/"


def refer_to_ansible(
    app: Any, env: Any, node: nodes.Element, content: nodes.TextElement
) -> nodes.reference | None:
    """Find what Ansible's own documentation has, without asking its index over the network."""
    target = node["reftarget"]
    plugin = re.fullmatch(r"ansible_collections\.ansible\.builtin\.(\w+)", target)
    if target == "ansible_configuration_settings":
        page = "reference_appendices/config.html"
    elif plugin:
        page = f"collections/ansible/builtin/{plugin[1]}.html"
    else:
        return None
    return nodes.reference("", "", content, refuri=ANSIBLE_DOCUMENTATION + page)


def setup(app: Any) -> None:
    """Called by Sphinx."""
    app.connect("missing-reference", refer_to_ansible)
