.PHONY: redis up down

CIRCUIT_STORE ?= redis://127.0.0.1:6379/0

redis: $(STAMP) ## Test and play on a Redis server: make redis CIRCUIT_STORE=redis://host:6379/0
	CIRCUIT_STORE="$(CIRCUIT_STORE)" $(BIN)/python -m pytest -q $(PYTEST_FLAGS)
	@CIRCUIT_STORE="$(CIRCUIT_STORE)" $(BIN)/python demo.py

up: ## Run the shop, its neighbours and Redis in containers
	docker compose up --build --detach --wait

down: ## Stop the containers
	docker compose down
