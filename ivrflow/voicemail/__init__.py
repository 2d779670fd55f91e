"""Mailboxes, messages and the rules of the talk that leaves one. Pure."""
