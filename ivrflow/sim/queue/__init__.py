"""The ACD on a clock of its own: what if, and what was.

Scenarios and recorded days are played through the engine that serves live calls, so
what a simulation says of a strategy is what the strategy will do.
"""
