"""The life of two models: a recommender retrained every night, a fraud detector picked by sweep."""
