"""OCR as the readers see it: an image of a page goes out, its words come back. Adapters live outside this package."""
