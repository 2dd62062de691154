"""Which label in a document names which property, in several languages."""
