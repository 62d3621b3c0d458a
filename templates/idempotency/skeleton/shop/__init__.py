"""A shop that takes payments and keeps users, and whose requests may be sent twice."""
