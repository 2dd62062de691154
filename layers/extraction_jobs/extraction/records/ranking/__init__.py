"""Values that no label named: the candidates of each property, what speaks for them, and the choice."""
