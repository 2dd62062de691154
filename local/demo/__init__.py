"""`make demo`: one story with real parts, told on the screen, each step of it checked."""
