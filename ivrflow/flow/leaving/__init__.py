"""The talk in which a caller leaves a message, in one mailbox or in several.

    wanted      what a step asks for, and how it ends
    talk        the talk from the greeting to the last word: its takes, one after the
                other
    greeting    which greeting a caller hears
    take        one recording: its rows, the tone, the recording, what becomes of it
    card        what is known of the caller and goes with it
    review      what the caller may do with it before it is kept

What is settled where, by the talk or when nobody is there any more, is `flow.left`.
"""

from ivrflow.flow.leaving.talk import leave_message
from ivrflow.flow.leaving.wanted import Leaving, Left, Way

__all__ = ["Leaving", "Left", "Way", "leave_message"]
