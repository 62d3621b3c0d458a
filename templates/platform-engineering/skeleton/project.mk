.PHONY: portal

portal: $(STAMP) ## Serve the portal with its two buttons (PORT=8000)
	@PORT="$(or $(PORT),8000)" $(BIN)/python -m selfservice
