.PHONY: lint hotspots plan

lint: $(STAMP) ## Check the decision records
	$(BIN)/python -m leading lint

hotspots: $(STAMP) ## Show what is complicated and changes often: REPOSITORY=../service
	$(BIN)/python -m leading hotspots --repository "$(or $(REPOSITORY),.)"

plan: $(STAMP) ## Plan the debt of the next three sprints: REPOSITORY=../service
	$(BIN)/python -m leading plan --repository "$(or $(REPOSITORY),.)"
