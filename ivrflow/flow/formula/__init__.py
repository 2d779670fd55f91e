"""The inside of expressions: reading them, and what their values do. Pure."""
