.PHONY: debezium

debezium: $(STAMP) ## Test with real Debezium: needs Java 17 and SHOP_POSTGRES
	VIRTUAL_ENV=.venv uv pip sync --quiet --require-hashes requirements-debezium.txt
	$(BIN)/python -m pytest -q tests/test_debezium.py
