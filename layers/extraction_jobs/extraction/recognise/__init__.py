"""Recognisers: from a stretch of text to values of a kind, each with its exact span."""
