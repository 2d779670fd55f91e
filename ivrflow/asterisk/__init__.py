"""Asterisk, from outside: its ARI, its configuration, and one of our own."""
