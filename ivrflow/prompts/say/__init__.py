"""Spellers: one file per language."""
