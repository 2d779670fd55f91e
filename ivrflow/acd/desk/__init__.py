"""What is done about the decisions: callers, agents, phones, and what is durable.

`Desk` is the door, `Place` a caller's place in a queue, `board` what must not be lost.
"""

from ivrflow.acd.desk.desk import (
    Desk,
    LineFull,
    NobodyCanServe,
    NobodyWouldServe,
    NotInWrapUp,
    Place,
    Talk,
    UnknownAgent,
    UnknownCaller,
    UnknownQueue,
)

__all__ = [
    "Desk",
    "LineFull",
    "NobodyCanServe",
    "NobodyWouldServe",
    "NotInWrapUp",
    "Place",
    "Talk",
    "UnknownAgent",
    "UnknownCaller",
    "UnknownQueue",
]
