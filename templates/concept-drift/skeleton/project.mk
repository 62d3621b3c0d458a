EVIDENTLY := var/.venv-evidently
.PHONY: evidently up down

evidently: ## Write Evidently's report on what the demo left behind (1 GB to install)
	@test -x $(EVIDENTLY)/bin/python || "$(PYTHON)" -m venv $(EVIDENTLY)
	$(EVIDENTLY)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-evidently.txt
	$(EVIDENTLY)/bin/python evidently_report.py var/demo var/demo/evidently.html

up: ## Start Alertmanager and the inventory's webhook (Docker)
	docker compose up --build --detach

down: ## Stop them
	docker compose down
