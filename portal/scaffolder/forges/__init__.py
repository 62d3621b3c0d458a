"""The APIs of forges, as far as publishing needs them: one module for each kind."""
