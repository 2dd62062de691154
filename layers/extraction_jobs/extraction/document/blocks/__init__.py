"""The kinds of block that a text is made of: one file each, with the facts that such a block states."""
