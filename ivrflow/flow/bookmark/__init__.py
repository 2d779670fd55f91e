"""Where a call is, written down so that another process can go on with it.

A bookmark is JSON with a signature. It is written before each step that waits or acts
(`Call.keep`), into the database together with all that happened before, and onto the
caller's channel; and onto the channel alone when a step has something to note
(`Call.mark`). `newer` chooses between the two, `taking_up` makes a call of it.
"""

from ivrflow.flow.bookmark.model import FLOW, SCRIPT, TALK, Bookmark, EndPart
from ivrflow.flow.bookmark.reading import newer, read_bookmark
from ivrflow.flow.bookmark.seal import Seal
from ivrflow.flow.bookmark.writing import for_channel, write

__all__ = [
    "FLOW",
    "SCRIPT",
    "TALK",
    "Bookmark",
    "EndPart",
    "Seal",
    "for_channel",
    "newer",
    "read_bookmark",
    "write",
]
