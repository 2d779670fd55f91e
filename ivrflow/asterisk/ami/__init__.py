"""Asterisk's manager interface, for what ARI can't do."""
