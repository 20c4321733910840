SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
JOBS ?= 3
# One process more than the two cores that the tests are meant for, as tests often wait for processes of theirs. Each
# file's tests stay together, and the files come in their order: the long ones first. Compiled modules are kept, even
# where the environment says otherwise: the tests start some hundred processes of the house.
PYTEST := PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest --numprocesses $(JOBS) --dist loadfile --no-loadscope-reorder
PYTEST += --durations 25 --durations-min 5
PINS := uv pip compile --quiet --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links --python-version 3.11 --universal
.DEFAULT_GOAL := help

.PHONY: help run test coverage setup check format pins contracts screenshots real-parts faults bench scale

help: ## say what each target does
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: setup ## start everything on this machine with the sample organisations, at http://127.0.0.1:8080
	@exec $(BIN)/handslag serve --sample

test: setup real-parts ## run every test, on real parts (broker, databases, mail, browser); JOBS=1 one after the other
	@$(PYTEST)

coverage: setup real-parts ## run every test and list the lines and branches that none of them ran; takes longer than `make test`
	@$(PYTEST) --cov --cov-report=term-missing:skip-covered

setup: $(VENV)/.ready ## make .venv ready

$(VENV)/.ready: pyproject.toml requirements/dev.txt $(shell find shared services -name '*.po')
	@echo "Making $(VENV) ready: about a minute the first time."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@$(BIN)/python -m shared.web.translations
	@touch $@

real-parts:
	@tests/install_real_parts.sh

check: setup ## lint, types and walls
	@$(BIN)/ruff format --check --quiet . && $(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

format: setup ## format the code and mend what the linter can
	@$(BIN)/ruff format --quiet . && $(BIN)/ruff check --fix --quiet .

contracts: setup ## write the OpenAPI and AsyncAPI documents in docs/ anew
	@$(BIN)/python -m deploy.contracts

bench: setup real-parts ## measure the speed of the parts beside bare peers, on a real Kafka broker too; JSON=1 prints JSON, SIZES=FILE.svg draws the cost against size
	@$(BIN)/python -m tests.bench $(if $(JSON),--json) $(if $(SIZES),--sizes $(SIZES))

faults: setup real-parts ## kill the processes again and again for a quarter of an hour and count what was lost; SEED=N repeats a run
	@$(BIN)/python -m tests.faults $(if $(SEED),--seed $(SEED))

scale: setup real-parts ## 10,000 profiles and 1,000 requests while processes die: nothing lost, nothing doubled; SEED=N repeats a run
	@$(BIN)/python -m tests.scale $(if $(SEED),--seed $(SEED))

screenshots: setup real-parts ## take pictures of the pages for the README
	@$(BIN)/python -m tests.screenshots docs/pictures

pins: ## resolve pyproject.toml anew into requirements/, with hashes
	@test -x $(BIN)/uv || { $(PYTHON) -m venv $(VENV) && $(BIN)/python -m pip install --quiet uv; }
	@$(BIN)/$(PINS) --upgrade pyproject.toml -o requirements/run.txt
	@$(BIN)/$(PINS) --upgrade --extra dev -c requirements/run.txt pyproject.toml -o requirements/dev.txt
