# Everything a newcomer types. Each target sets up what it needs first; a second run starts at once.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/bash

# The first interpreter that is new enough; set PYTHON to choose another.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done || true)
UV := .tools/bin/uv
RUN := .venv/bin
READY := .venv/.ready

.PHONY: help setup demo dev test lint format bench simulate train focus-validators pictures clean
help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) ## install the locked dependencies and the pinned OPA (every target does it for you)

$(UV): .ci/bootstrap.py
	@test -n "$(PYTHON)" || { echo "Tollgate needs Python 3.11 or newer; none found on PATH." >&2; exit 1; }
	@$(PYTHON) .ci/bootstrap.py $@

$(READY): $(UV) pyproject.toml uv.lock
	@$(UV) sync --frozen --compile-bytecode --all-extras --all-groups --python $$($(PYTHON) -c 'import sys; print(sys.executable)')
	@$(RUN)/python -m policies.provision
	@touch $@

demo: $(READY) ## the demo company and the real sample bills, from bill to decided action
	@$(RUN)/tollgate demo

dev: $(READY) ## open the Dagster UI on http://127.0.0.1:3000
	@$(RUN)/tollgate dev

test: $(READY) ## all tests: unit, dbt, policies, conventions, integration, end to end
	@$(RUN)/pytest -n 2

lint: $(READY) ## style, types, import contracts, SQL, policies; changes nothing
	@$(RUN)/ruff check .
	@$(RUN)/ruff format --check .
	@$(RUN)/mypy
	@$(RUN)/lint-imports
	@$(RUN)/sqlfluff lint --disable-progress-bar dbt_project
	@$(RUN)/python -m policies.checks

format: $(READY) ## let ruff, sqlfluff and opa rewrite what they can
	@$(RUN)/ruff check --fix .
	@$(RUN)/ruff format .
	@$(RUN)/sqlfluff fix --disable-progress-bar dbt_project
	@$(RUN)/python -m policies.checks --write

bench: $(READY) ## speed and memory of demo, gate and large bills (BENCH="--all": to 20 million rows), and how near estimates come to bills
	@$(RUN)/python -m tests.bench.demo
	@$(RUN)/python -m tests.bench.gate
	@$(RUN)/python -m tests.bench.own_rates
	@$(RUN)/python -m tests.bench.ingest $(BENCH)

focus-validators: $(READY) ## other people's FOCUS validators on what is conformed (Python 3.12, PyPI; minutes)
	@$(RUN)/python -m tests.validators.run

simulate: $(READY) ## planned capacity on hourly traces (TRACES=file) beside static and reactive
	@$(RUN)/python -m tests.bench.capacity $(TRACES)

train: $(READY) ## fit the combiner of the anomaly detectors anew (minutes; writes combiner.json)
	@$(RUN)/python -m orchestration.analytics.detectors.training

pictures: $(READY) ## redraw docs/images from the running Dagster UI (needs chromium)
	@$(RUN)/python docs/images/draw.py

clean: ## remove everything that the targets made: environment, tools, state
	rm -rf .venv .tools .tollgate .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
