"""A small internal developer platform: services and databases at the press of a button."""
