"""The laptop stack: the real template, embedded Postgres, AWS emulator; no Docker, no account.

Start reading at `stack.py`; `__main__.py` is what `make up`, `make down` and `make demo` call.
"""
