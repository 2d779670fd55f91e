"""Looks at the whole chain that a call needs: what is wrong, and how it is mended.

From the settings to the last file of sound, on both sides: ours, Asterisk's and the
machine's. It works while the service runs and while it does not, changes nothing, and
takes nothing from a service that runs: it never asks for its application, its lock or
its relay.

One check is one file in `checks/`, with its manual as its docstring. Each is given a
`Patient`, which has what there is to look at, and yields `Finding`s; `examining` runs
them, each within its time.
"""
