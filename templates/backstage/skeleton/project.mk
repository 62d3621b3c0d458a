# Backstage's model package and the template engine, from package-lock.json.
NODE_STAMP := node_modules/.installed
$(NODE_STAMP): $(STAMP) package-lock.json
	@$(BIN)/python -m softwarecatalog.node ci
	@touch $@

run test: $(NODE_STAMP)

.PHONY: site validate
site: $(NODE_STAMP) ## Write the pages from the real CI and cluster, into var/site (see README)
	@$(BIN)/python -m softwarecatalog site

validate: $(NODE_STAMP) ## Judge the catalog; with BACKSTAGE_URL also by a running Backstage
	@$(BIN)/python -m softwarecatalog validate
