"""Running templates: not yet; said in the form Backstage's frontends ask in."""
