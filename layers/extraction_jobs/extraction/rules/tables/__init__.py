"""Findings from tables: which type the rows are objects of, and which column is which property.

A column may be a property by its head (`labels`), by arithmetic (`products`: quantity times price is the amount), or by
what stands in it where nothing else tells (`forms`). `choosing` settles that on a `sheet`; `rows` makes objects.
"""
