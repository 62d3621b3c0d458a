"""Watching two models age: house prices month by month, demand day by day."""
