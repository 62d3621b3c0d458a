"""A shop whose order service and API gateway depend on services that may fail."""
