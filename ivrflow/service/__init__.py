"""The service: the parts put together, started, kept and stopped.

`run` builds them all; beside it stands what ties one room to another: the site that may
be changed while calls run on it, and what its flows are given to look up with, to send
with, to judge identities with, and to keep recordings with.
"""
