"""The product beside the bare SQL that it could be at best: `python -m benchmarks`. See docs/benchmarks.md."""
