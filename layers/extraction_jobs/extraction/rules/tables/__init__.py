"""Findings from tables: which type the rows are objects of, and which column is which property.

A column is a property by its head (`labels`) or by arithmetic (`products`: quantity times price is the amount).
`choosing` settles that on a `sheet`; `rows` makes objects.
"""
