"""The laptop stack: the real template on an embedded Postgres and an AWS emulator, with no Docker and no account.

Start reading at `stack.py`; `__main__.py` is what `make up`, `make down` and `make demo` call.
"""
