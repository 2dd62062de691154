"""The Python peers' side of a benchmark: programs that run in `.venv-peers` and never import the product."""
