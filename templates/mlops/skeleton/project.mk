.PHONY: serve up down

serve: $(STAMP) ## Serve what the demo left behind, on port 8080
	$(BIN)/python -m modelops --home var/demo serve

up: ## Start MLflow on PostgreSQL, the service and the nightly job (Docker)
	docker compose up --build --detach

down: ## Stop them; the data stays
	docker compose down
