"""Talks of our own, behind feature codes: one file each. What they say is shipped."""
