"""What happens while an agent serves a caller: hold, transfers, a third one, and so on.

`begin.converse` is the whole of it, for whoever has got an agent from the desk.
"""
