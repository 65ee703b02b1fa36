# `make serve` and `make test` need git, make and Python 3.11 or later with venv; nothing else.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
HOST ?= 127.0.0.1
PORT ?= 8000
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: help serve test lint format lock messages clean conformance fuzz crashes bench-isolation bench-reload

help:
	@echo "make serve    build the bundled graph and serve it at http://$(HOST):$(PORT)"
	@echo "make test     run the tests"
	@echo "make lint     check style, types and layers"
	@echo "make conformance      run the W3C suites and write docs/conformance.md"
	@echo "make fuzz             send 50,000 mutated queries and 5,000 mutated updates (QUERIES=… UPDATES=…)"
	@echo "make crashes          kill the writer 50 times amid changes"
	@echo "make bench-isolation  what a reader costs, and how exact deadlines are"
	@echo "make bench-reload     reload a million triples under load"
	@echo "make format   lay out the code"
	@echo "make lock     renew requirements*.txt from pyproject.toml (needs uv)"
	@echo "make messages renew the translation catalogue from the templates"

serve: $(VENV)/.runtime
	$(BIN)/kg serve --host $(HOST) --port $(PORT)

test: $(VENV)/.dev
	$(BIN)/python -m pytest

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q tests/unit/test_layers.py

conformance: $(VENV)/.dev
	$(BIN)/python -m pytest tests/conformance --conformance-report docs/conformance.md

fuzz: $(VENV)/.dev
	FUZZ_QUERIES=$(or $(QUERIES),50000) FUZZ_UPDATES=$(or $(UPDATES),5000) $(BIN)/python -m pytest -s tests/fuzz

crashes: $(VENV)/.dev
	CRASHES=50 $(BIN)/python -m pytest -s tests/writing/test_crash.py

bench-isolation: $(VENV)/.dev
	$(BIN)/python bench/isolation.py

bench-reload: $(VENV)/.dev
	$(BIN)/python bench/reload.py

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock:
	uv pip compile --quiet --universal --no-strip-extras --python-version 3.11 --generate-hashes --no-annotate \
	  --group pyproject.toml:build pyproject.toml -o requirements.txt
	uv pip compile --quiet --universal --no-strip-extras --python-version 3.11 --generate-hashes --no-annotate \
	  --group pyproject.toml:dev -c requirements.txt pyproject.toml -o requirements-dev.txt

messages: $(VENV)/.dev
	$(BIN)/pybabel --quiet extract -F babel.cfg --no-location --omit-header -o messages.pot src/kg/web
	$(BIN)/pybabel --quiet update -i messages.pot -d src/kg/web/translations --no-fuzzy-matching --omit-header
	rm messages.pot

clean:
	rm -rf $(VENV) build dist

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "kg needs Python 3.11 or later; $(PYTHON) is $$($(PYTHON) --version 2>&1). Try: make PYTHON=python3.12 …"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: requirements.txt pyproject.toml hatch_build.py $(wildcard src/kg/web/translations/*/LC_MESSAGES/*.po) | $(BIN)/python
	@echo "installing what the service needs into $(VENV) …"
	$(PIP) install --require-hashes -r requirements.txt
	$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.runtime
	$(PIP) install --require-hashes -r requirements-dev.txt
	@touch $@
