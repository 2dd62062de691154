"""`make verify-deployment`: acceptance of a running deployment, over its HTTP API.

Needs an address and a token, and nothing of the product's own code. Start reading at `checks/__init__.py`, which lists
the checks; `__main__.py` is what the make target runs.
"""
