# `make serve` and `make test` need git, make and Python 3.11 or later with venv; nothing else.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
HOST ?= 127.0.0.1
PORT ?= 8000
ASSETS := src/kg/web/static/manifest.json
FRONTEND := frontend/package-lock.json frontend/build.mjs frontend/icons.txt $(shell find frontend/images frontend/src frontend/styles -type f)
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

# The browser code is bundled by the machine's Node and npm, or else by those of a Python package.
HAS_NODE := command -v npm >/dev/null && node -e 'process.exit(+(parseInt(process.versions.node) < 20))' 2>/dev/null

.PHONY: spark help serve test lint assets format lock messages clean comunica conformance fuzz tour crashes crawl bench-isolation bench-reload bench-load bench bench-search bench-facets bench-entity bench-analytics

help:
	@echo "make serve    build the bundled graph and serve it at http://$(HOST):$(PORT)"
	@echo "make test     run the tests (TESTS=… only those of some folders)"
	@echo "make lint     check style, types and layers"
	@echo "make assets   bundle the browser code anew after a change in frontend/"
	@echo "make conformance      run the W3C suites and write docs/conformance.md"
	@echo "make comunica         let Comunica answer queries from the fragments (installs it with npm)"
	@echo "make spark            answer queries by Spark, which it installs (needs Java 17)"
	@echo "make fuzz             send 50,000 mutated queries, 5,000 updates and 20,000 requests (QUERIES=… UPDATES=… REQUESTS=…)"
	@echo "make tour             visit every page in both languages, sizes and themes; see screenshots/"
	@echo "make crashes          kill the writer 50 times amid changes"
	@echo "make crawl            look at every page of the bundled graph, in both languages"
	@echo "make bench-isolation  what a reader costs, and how exact deadlines are"
	@echo "make bench            the service beside others (SIZES=…), into docs/benchmarks.md"
	@echo "make bench-load       64 connections, without and with hostile ones (SECONDS=… RATE=…)"
	@echo "make bench-analytics  joins, groups and orders beside other servers (SIZES=…)"
	@echo "make bench-entity     what pages of things cost, hubs and large things among them"
	@echo "make bench-reload     reload a million triples under load"
	@echo "make bench-search     what search finds beside FTS5, and how it grows"
	@echo "make bench-facets     count facets of a million things (OXIGRAPH=… compares with its server)"
	@echo "make format   lay out the code"
	@echo "make lock     renew requirements*.txt from pyproject.toml (needs uv)"
	@echo "make messages renew the translation catalogue from the templates"

serve: $(VENV)/.runtime $(ASSETS)
	$(BIN)/kg serve --host $(HOST) --port $(PORT)

test: $(VENV)/.dev $(ASSETS)
	$(BIN)/python -m pytest $(TESTS)

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python hatch_build.py lint
	$(BIN)/python -m pytest -q tests/unit/test_layers.py

comunica: $(VENV)/.dev $(ASSETS) tests/comunica/node_modules
	$(BIN)/python -m pytest tests/web/test_comunica.py

tests/comunica/node_modules: tests/comunica/package-lock.json
	cd tests/comunica && npm ci --ignore-scripts --no-audit --no-fund
	@touch $@

# Not among what the tests install: it has 456 MB, and needs Java.
spark: $(VENV)/.dev $(VENV)/.spark $(ASSETS)
	$(BIN)/python -m pytest tests/spark

$(VENV)/.spark: requirements-spark.txt $(VENV)/.runtime
	$(PIP) install --require-hashes -r requirements-spark.txt
	@touch $@

conformance: $(VENV)/.dev
	$(BIN)/python -m pytest tests/conformance --conformance-report docs/conformance.md

fuzz: $(VENV)/.dev $(ASSETS)
	FUZZ_QUERIES=$(or $(QUERIES),50000) FUZZ_UPDATES=$(or $(UPDATES),5000) FUZZ_REQUESTS=$(or $(REQUESTS),20000) \
	  $(BIN)/python -m pytest -s tests/fuzz

tour: $(VENV)/.dev $(ASSETS)
	TOUR=whole $(BIN)/python -m pytest -s tests/browser

crashes: $(VENV)/.dev
	CRASHES=50 $(BIN)/python -m pytest -s tests/writing/test_crash.py

crawl: $(VENV)/.dev
	CRAWL=$(or $(EACH),2000) $(BIN)/python -m pytest -s tests/web/test_crawl.py

bench-isolation: $(VENV)/.dev
	$(BIN)/python bench/isolation.py

bench-entity: $(VENV)/.dev
	$(BIN)/python bench/entity.py

bench-analytics: $(VENV)/.dev $(ASSETS)
	$(BIN)/python bench/analytics.py --sizes $(or $(SIZES),100000,1000000)

bench-reload: $(VENV)/.dev
	$(BIN)/python bench/reload.py

bench: $(VENV)/.dev $(ASSETS) .venv-peers
	$(BIN)/python bench/peers.py --sizes $(or $(SIZES),100000,1000000) --output docs/benchmarks.md

# Not among the requirements: it is only measured.
.venv-peers:
	$(PYTHON) -m venv $@
	$@/bin/pip --disable-pip-version-check --quiet install 'rdflib-endpoint[cli,web]==0.6.3'

bench-load: $(VENV)/.dev $(ASSETS)
	$(BIN)/python bench/load.py --seconds $(or $(SECONDS),300) --rate $(or $(RATE),30)

bench-search: $(VENV)/.dev
	$(BIN)/python bench/search.py

bench-facets: $(VENV)/.dev
	$(BIN)/python bench/facets.py --http $(if $(OXIGRAPH),--oxigraph $(OXIGRAPH))

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock:
	uv pip compile --quiet --universal --no-strip-extras --python-version 3.11 --generate-hashes --no-annotate \
	  --group pyproject.toml:build pyproject.toml -o requirements.txt
	uv pip compile --quiet --universal --no-strip-extras --python-version 3.11 --generate-hashes --no-annotate \
	  --group pyproject.toml:dev -c requirements.txt pyproject.toml -o requirements-dev.txt
	uv pip compile --quiet --universal --no-strip-extras --python-version 3.11 --generate-hashes --no-annotate \
	  --group pyproject.toml:node -o requirements-node.txt
	uv pip compile --quiet --universal --no-strip-extras --python-version 3.11 --generate-hashes --no-annotate \
	  --extra spark -c requirements.txt pyproject.toml -o requirements-spark.txt

messages: $(VENV)/.dev
	$(BIN)/pybabel --quiet extract -F babel.cfg --no-location --omit-header -o messages.pot src/kg/web
	$(BIN)/pybabel --quiet update -i messages.pot -d src/kg/web/translations --no-fuzzy-matching --omit-header
	rm messages.pot

assets: $(ASSETS)

$(ASSETS): $(FRONTEND) | $(VENV)/.runtime
	$(BIN)/python hatch_build.py

clean:
	rm -rf $(VENV) build dist frontend/node_modules src/kg/web/static

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "kg needs Python 3.11 or later; $(PYTHON) is $$($(PYTHON) --version 2>&1). Try: make PYTHON=python3.12 …"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: requirements.txt pyproject.toml hatch_build.py $(wildcard src/kg/web/translations/*/LC_MESSAGES/*.po) | $(BIN)/python
	@echo "installing what the service needs into $(VENV) …"
	$(PIP) install --require-hashes -r requirements.txt
	@$(HAS_NODE) || $(PIP) install --require-hashes -r requirements-node.txt
	$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.runtime
	$(PIP) install --require-hashes -r requirements-dev.txt
	@touch $@
