"""What to look for: object types, their fields, and the sets that come ready-made."""
