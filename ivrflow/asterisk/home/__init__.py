"""A private Asterisk: fetched once, started with ports of its own."""
