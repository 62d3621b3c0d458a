# The two commands of the README are "make run" and "make test"; the rest is for contributors.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help run test test-all check format golden bench starters wheel clean

help: ## Show what there is
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

$(STAMP): setup.cfg pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

run: $(STAMP) ## Install, sync this repository's glossary and serve it on http://127.0.0.1:7007
	$(BIN)/portal serve

test: $(STAMP) ## Run the tests, but for the slow ones
	$(BIN)/python -m pytest -q -m "not slow"

test-all: $(STAMP) ## Run all tests
	$(BIN)/python -m pytest -q

check: $(STAMP) ## Lint, check types and import law, judge the descriptors
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --config setup.cfg --no-cache
	$(BIN)/portal check .

format: $(STAMP) ## Bring the code into its form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

golden: $(STAMP) ## Write the golden files anew: look at the difference before you commit it
	$(BIN)/portal openapi > docs/reference/openapi.json

bench: $(STAMP) ## Measure against 1,000 and 10,000 entities
	$(BIN)/python benchmarks/serve.py

starters: $(STAMP) ## Generate, test and run all eleven starters through a real portal
	$(BIN)/python tests/starters/prove.py

wheel: $(STAMP) ## Build the wheel, the glossary in it
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .

clean: ## Remove what was made, but not the data in .portal
	rm -rf build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache
