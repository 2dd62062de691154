"""Electronic invoices: what their XML says, put into the object types of a request.

The reader (`extraction.reading`) renders the XML as the last part of a document's text, one line per element. Here
those lines become elements again, each with its place in the text (`elements`); one file per syntax says which element
holds which term of an invoice (`cii`, `ubl`, `fatturapa`); `matching` says which term a requested property means, and
`filling` writes the values, with the element that each comes from, before those that the pages gave.
"""
