"""Talks that are rehearsed: `tests/*.test.yaml`, on a clock that jumps."""
