"""A shop's warehouse: loading it, asking it, and judging what it answers."""
