"""The built-in actions: one module for a family, one row for each action."""
