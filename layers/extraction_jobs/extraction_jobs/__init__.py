"""Extraction jobs that never get stuck: the life of a job, in Postgres.

This package is the domain. It knows nothing of where it runs; whoever calls it brings a database, a queue, a way
to read sources and an extractor. `sql/lifecycle/` is the place to start reading: each statement there is one
arrow of the state diagram, and the modules beside this file say when it is taken.
"""
