"""How good are a site's talks? Change it in one place, and see whether they notice.

A change of one place is a mutant. It is caught when the checker complains about it, or
when a talk no longer goes as written. Those that nobody catches show what no talk looks
at: that a key leads here and not there, that the third try is the last one.
"""
