"""Measurements of our own goals. Each prints its figure beside the goal."""
