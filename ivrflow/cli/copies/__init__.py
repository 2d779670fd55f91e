"""Backups: a folder with a copy of the database, of the sounds, and what it is."""
