"""AGI: a flow on a call that stays in its dialplan.

`wire` reads what Asterisk says, `commands` writes what it is told, both without I/O.
`line` is one connection, `channel` the telephony room's `Channel` on it, `server` lets
them in. `pipe` is the little program behind the old kind of AGI, which starts one.
"""
