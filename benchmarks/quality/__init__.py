"""How good the extraction is, on documents labelled by hand: `python -m benchmarks.quality`. See docs/quality.md."""
