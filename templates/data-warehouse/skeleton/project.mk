.PHONY: load postgres up down

POSTGRES ?= postgresql://postgres@127.0.0.1:5432/postgres

load: $(STAMP) ## Load LANDING (a folder, or "sample") into WAREHOUSE_URL and build
	@$(BIN)/python -m retail "$(or $(LANDING),sample)"

postgres: $(STAMP) ## Run the tests on a PostgreSQL server: make postgres POSTGRES=postgresql://…
	TEST_POSTGRES_URL="$(POSTGRES)" $(BIN)/python -m pytest -q $(PYTEST_FLAGS)

up: ## Fill a PostgreSQL server in a container with the sample, and build the warehouse on it
	docker compose run --build --rm load

down: ## Stop the containers
	docker compose down
