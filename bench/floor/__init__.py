"""A whole floor on the real Asterisk: robot agents, robot callers, and what is left.

python -m bench.floor [callers] [rate]
"""
