"""From candidate values to objects: choose, group, merge, relate, and say how sure."""
