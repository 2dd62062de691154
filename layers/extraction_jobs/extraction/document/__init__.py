"""A document: its text, and the parts that it is made of."""
