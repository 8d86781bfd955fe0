# Everything runs in .venv, which is made from constraints.txt when it is missing or out of date.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DEV_READY := $(VENV)/.ready-dev
# Modules are compiled when they are imported first: most of what is installed never is.
PIP := pip install --quiet --disable-pip-version-check --no-compile
INSTALL := $(BIN)/python -m $(PIP) --constraint constraints.txt
# Other plugins of pytest, beside which ours is tested; in a folder of their own, so that no other test meets them.
NEIGHBOURS := allure-pytest allure-python-commons coverage pytest-asyncio pytest-cov pytest-randomly pytest-rerunfailures
KINTO := .venv-kinto/bin/kinto
ARGS ?=
# How many processes share the tests: more than there are processors, for many a test waits.
WORKERS ?= 4

# A run of the real command that compiles every module anew costs each whole-tool test a second.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup run test suite check lint format prove kinto bench report clean

help: ## list what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(DEV_READY) ## make .venv with everything in it

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed; say which: make PYTHON=python3.12") if sys.version_info < (3, 11) else None'
	@$(PYTHON) -m venv $(VENV)

$(READY): pyproject.toml constraints.txt | $(BIN)/python
	@$(INSTALL) --editable ".[workers]"
	@touch $(READY)

$(DEV_READY): pyproject.toml constraints.txt | $(BIN)/python
	@$(INSTALL) --upgrade --no-deps --target $(VENV)/neighbours $(NEIGHBOURS) & \
	    $(INSTALL) --editable ".[dev]" && wait $$!
	@touch $(READY) $(DEV_READY)

run: $(READY) ## run every contract against the embedded servers; reports/ holds the report
	@$(BIN)/conformance run $(ARGS)

test: $(DEV_READY) ## the project's own tests, ruff, mypy and the import contracts
	@$(MAKE) --silent --jobs=2 check suite

suite: $(DEV_READY) $(KINTO)
	@$(BIN)/pytest tests -q -p no:cacheprovider -n $(WORKERS) --dist worksteal $(ARGS)

check: $(DEV_READY)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/conformance lint

lint: check ## ruff, mypy, import contracts, case files

format: $(DEV_READY) ## let ruff put the code in form
	@$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

prove: $(READY) ## run the suite against every wrong server and many right ones
	@$(BIN)/conformance prove $(ARGS)

kinto: $(DEV_READY) $(KINTO) ## hold a real Kinto server to the contract in examples/kinto, at standard
	@KINTO_DEPTH=standard $(BIN)/pytest tests/test_kinto.py -q -p no:cacheprovider -rs

# A real server for the tests, in an environment of its own; without it they are skipped, and say so.
$(KINTO):
	@$(PYTHON) -m venv .venv-kinto && \
	    .venv-kinto/bin/$(PIP) --retries 1 --timeout 20 --constraint constraints.txt kinto setuptools \
	    || echo "no Kinto can be installed here: tests/test_kinto.py is skipped"

bench: $(READY) ## measure what the suite itself costs, as ratios
	@$(BIN)/python -m benchmarks $(ARGS)

clean: ## remove what was made
	rm -rf $(VENV) build dist *.egg-info reports/*
