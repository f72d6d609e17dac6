# Copyright (c) 2026, the cegedim.cloud collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Makes a virtual environment with nox in it; everything else is in noxfile.py.

VENV := .venv
NOX := $(VENV)/bin/nox
# The newest Python that works. pyenv's own, because its shims of versions that are not active only fail.
FIND_PYTHON := for minor in 14 13 12 11; do \
	  for python in python3.$$minor $$(ls -d $$(pyenv root 2>/dev/null)/versions/3.$$minor.*/bin/python 2>/dev/null); do \
	    $$python -c 'import ensurepip, venv' 2>/dev/null && { echo $$python; exit; }; \
	  done; \
	done; \
	echo 'No Python 3.11 or newer with the module venv was found.' >&2; exit 1

.PHONY: help demo test lint format docs bench clean

help: ## Show this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST)

demo: $(VENV)/.ready ## Watch the collection at work against the simulator
	@$(NOX) -s demo

test: $(VENV)/.ready ## Run everything that must pass
	@$(VENV)/bin/python .ci/run_sessions.py

lint: $(VENV)/.ready ## Run the checks of the sources only
	@$(VENV)/bin/python .ci/run_sessions.py lint

format: $(VENV)/.ready ## Format the Python files
	@$(NOX) -s formatters

docs: $(VENV)/.ready ## Build the documentation site in docs/_build
	@$(NOX) -s docs

bench: $(VENV)/.ready ## Run the benchmarks
	@$(NOX) -s bench-2.18 bench-2.21

clean: ## Remove everything that the other targets made
	rm -rf $(VENV) .nox .cache .pytest_cache .hypothesis .mypy_cache .ruff_cache docs/_build tests/output

$(VENV)/.ready: .ci/requirements.txt
	@python=$$($(FIND_PYTHON)) && $$python -m venv --clear $(VENV)
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r .ci/requirements.txt
	@touch $@
