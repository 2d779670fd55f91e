"""Who rings for whom: the decision, and all that it looks at. Pure.

`Engine` is told what happens and answers with what follows; the rest is its own.
"""

from ivrflow.acd.engine.engine import Engine

__all__ = ["Engine"]
