.PHONY: engines up down

DATABASE_URL ?= postgresql://postgres@127.0.0.1:5432/postgres
IDEMPOTENCY_STORE ?= redis://127.0.0.1:6379/15

engines: $(STAMP) ## Test and play on PostgreSQL and Redis: make engines DATABASE_URL=... IDEMPOTENCY_STORE=...
	DATABASE_URL="$(DATABASE_URL)" IDEMPOTENCY_STORE="$(IDEMPOTENCY_STORE)" \
		$(BIN)/python -m pytest -q $(PYTEST_FLAGS)
	@DATABASE_URL="$(DATABASE_URL)" $(BIN)/python demo.py
	@DATABASE_URL="$(DATABASE_URL)" IDEMPOTENCY_STORE="$(IDEMPOTENCY_STORE)" $(BIN)/python demo.py

up: ## Run the API, its bank, PostgreSQL and Redis in containers
	docker compose up --build --detach --wait

down: ## Stop the containers
	docker compose down
