.PHONY: sample airflow postgres spark up down

POSTGRES ?= postgresql://postgres@127.0.0.1:5432/postgres

sample: $(STAMP) ## Fill the shop (SOURCE_URL) and the log folder with data to play with
	@$(BIN)/python -m shopdata.sample

airflow: $(STAMP) ## Airflow with its scheduler, and its page on http://127.0.0.1:8080 (PORT=8080)
	@PORT="$(or $(PORT),8080)" $(BIN)/python -m shopdata.scheduler

postgres: $(STAMP) ## Run the tests on a PostgreSQL server: make postgres POSTGRES=postgresql://…
	TEST_POSTGRES_URL="$(POSTGRES)" $(BIN)/python -m pytest -q $(PYTEST_FLAGS)

spark: $(STAMP) ## Install Spark (needs Java 17 or newer) and test with it
	@if command -v uv >/dev/null 2>&1; then \
		VIRTUAL_ENV=.venv uv pip install --quiet --require-hashes -r requirements-spark.txt; \
	else \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-spark.txt; \
	fi
	$(BIN)/python -m pytest -q $(PYTEST_FLAGS) tests/test_real_spark.py

up: ## Airflow and PostgreSQL in containers, with data to play with
	docker compose up --build --detach --wait

down: ## Stop the containers
	docker compose down
