"""Asterisk's REST interface: events, commands, channels."""
