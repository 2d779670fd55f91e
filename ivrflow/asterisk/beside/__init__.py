"""Beside an Asterisk of one's own: what is written for it, and where it belongs."""
