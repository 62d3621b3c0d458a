# The two commands of the README are "make run" and "make test"; the rest is for contributors.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# On every core; what is skipped is listed at the end. What one process has compiled the others
# read: else each process of the tests, and each portal they start, would compile everything again.
# One process more than there are cores: a test also waits.
PROCESSES ?= $(shell echo $$(( $$(getconf _NPROCESSORS_ONLN) + 1 )))
PYTEST = PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -q -rs
STAMP := $(VENV)/.installed
# The versions that are installed; empty for the newest that setup.cfg allows.
CONSTRAINTS ?= constraints.txt

.DEFAULT_GOAL := help
.PHONY: help setup run test test-slow test-all check format golden evidence costs bench drift pictures vendor starters extremes wheel constraints security clean

help: ## Show what there is
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-11s %s\n", $$1, $$2}'

setup: ## Start a PostgreSQL for the tests, say what else is missing here, install the rest
	$(PYTHON) -m tests.needs --start
	$(MAKE) $(STAMP)

$(STAMP): setup.cfg pyproject.toml $(CONSTRAINTS)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
	  $(addprefix --constraint ,$(CONSTRAINTS)) --editable '.[dev]'
	@touch $@

run: $(STAMP) ## Install, sync this repository's glossary and serve it on http://127.0.0.1:7007
	$(BIN)/portal serve

test: $(STAMP) ## Run the tests, but for the slow ones
	$(PYTEST) --numprocesses $(PROCESSES) --dist worksteal -m "not slow"

test-slow: $(STAMP) ## Run the slow tests, and properties with many examples
	$(PYTEST) --numprocesses auto --dist loadfile --durations 25 -m "slow and not alone"
	$(PYTEST) --durations 10 -m "slow and alone"
	$(PYTEST) --numprocesses auto --hypothesis-profile many -m "hypothesis and not slow"

test-all: test test-slow ## Run all tests

check: $(STAMP) ## Lint, check types and import law, judge the descriptors
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --config setup.cfg --no-cache
	$(BIN)/portal check .

security: $(STAMP) ## Look for dangerous code, and for known vulnerabilities of locked packages
	$(BIN)/bandit --quiet --configfile pyproject.toml --recursive portal
	$(BIN)/python tests/dependency_audit.py

format: $(STAMP) ## Bring the code into its form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

golden: $(STAMP) ## Write the golden files anew: look at the difference before you commit it
	mkdir -p build
	$(BIN)/portal openapi > build/openapi.json
	mv build/openapi.json docs/reference/openapi.json
	$(BIN)/python -m portal.config.reference docs/operators/configuration.md

evidence: $(STAMP) ## Print precision and recall of the rules of evidence on the organisation of the tests
	$(BIN)/python -m pytest -q tests/evidence/test_organisation.py -k precision

costs: $(STAMP) ## Print what the hot paths cost, in counts; fail when one of them costs more than it says
	$(BIN)/python -m pytest -q -s tests/catalog/test_costs.py

bench: $(STAMP) ## Measure against 1,000 and 10,000 entities
	$(BIN)/python benchmarks/serve.py

vendor: ## Fetch the libraries of the pages from npm, and compare their hashes
	.ci/vendor

drift: $(STAMP) ## Compare the newest Backstage of npm with the recorded one
	$(BIN)/python -m tests.contract.drift

pictures: $(STAMP) ## Take the pictures of the README anew
	$(BIN)/python -m tests.browser.pictures

starters: $(STAMP) ## Generate, test and run all eleven starters through a real portal
	$(BIN)/python tests/starters/prove.py

extremes: $(STAMP) ## Fill in the starters' forms at their ends and with hostile texts (EXTREMES=--run: play them, too)
	$(BIN)/python tests/starters/extremes.py $(EXTREMES)

wheel: $(STAMP) ## Build the wheel, the glossary in it
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .

constraints: $(STAMP) ## Choose anew the versions that are installed: the newest that setup.cfg allows
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --all-extras \
	  --no-annotate --custom-compile-command "make constraints" --output-file constraints.txt setup.cfg

clean: ## Remove what was made, but not the data in .portal
	rm -rf build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache
