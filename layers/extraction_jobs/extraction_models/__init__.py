"""A model, whoever serves it: what is common to all services, and a file for each."""
