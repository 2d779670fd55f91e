"""What happened, as frozen records in the past tense.

Each fact has its time and its call. They all go to one synchronous `note(fact)`.
Call records, the transcript of a test, the demo's story, metrics and `why` are read
from them, so that they can't disagree. A fact never holds a secret: its fields are
texts and numbers, and a secret has no way to become either.

`at` is the wall clock in seconds since 1970 (UTC), `call` the caller's channel id, or
"" where no call is concerned.
"""

from ivrflow.facts.agents import (
    AbilitiesChanged,
    AgentChanged,
    PhoneChanged,
    WrapUpChanged,
)
from ivrflow.facts.base import Fact, Note, ignore
from ivrflow.facts.call import (
    MOST_ROWS,
    CallEnded,
    CallStarted,
    ConditionTested,
    Decided,
    DigitsCollected,
    IdentityJudged,
    Logged,
    LookedUp,
    RanAtEnd,
    Said,
    StepEntered,
    StepFailed,
    Stored,
)
from ivrflow.facts.leaving import (
    CallRecorded,
    CallRecordingBegan,
    CallRecordingPaused,
    CallRecordingResumed,
    DialRefused,
    RoomEntered,
    RoomLeft,
    TransferBegan,
    TransferEnded,
)
from ivrflow.facts.messages import LetterPosted, MessageLeft, MessageRecorded, Notified
from ivrflow.facts.queue import (
    AgentOffered,
    CallbackAsked,
    CallbackEnded,
    CallbackTried,
    CallerMoved,
    CallerQueued,
    Connected,
    EstimateSaid,
    LeftQueue,
    NeedsWidened,
    OfferEnded,
    QueueChanged,
    TalkEnded,
)
from ivrflow.facts.supervision import AlarmCleared, AlarmRaised, SelfChecked
from ivrflow.facts.talk import (
    CallerCameBack,
    CallerSent,
    CallerTransferBegan,
    CallerTransferEnded,
    Disposed,
    Held,
    MonitorBegan,
    MonitorEnded,
    PartyJoined,
    PartyLeft,
    Resumed,
)

__all__ = [
    "MOST_ROWS",
    "AbilitiesChanged",
    "AgentChanged",
    "AgentOffered",
    "AlarmCleared",
    "AlarmRaised",
    "CallEnded",
    "CallRecorded",
    "CallRecordingBegan",
    "CallRecordingPaused",
    "CallRecordingResumed",
    "CallStarted",
    "CallbackAsked",
    "CallbackEnded",
    "CallbackTried",
    "CallerCameBack",
    "CallerMoved",
    "CallerQueued",
    "CallerSent",
    "CallerTransferBegan",
    "CallerTransferEnded",
    "ConditionTested",
    "Connected",
    "Decided",
    "DialRefused",
    "DigitsCollected",
    "Disposed",
    "EstimateSaid",
    "Fact",
    "Held",
    "IdentityJudged",
    "LeftQueue",
    "LetterPosted",
    "Logged",
    "LookedUp",
    "MessageLeft",
    "MessageRecorded",
    "MonitorBegan",
    "MonitorEnded",
    "NeedsWidened",
    "Note",
    "Notified",
    "OfferEnded",
    "PartyJoined",
    "PartyLeft",
    "PhoneChanged",
    "QueueChanged",
    "RanAtEnd",
    "Resumed",
    "RoomEntered",
    "RoomLeft",
    "Said",
    "SelfChecked",
    "StepEntered",
    "StepFailed",
    "Stored",
    "TalkEnded",
    "TransferBegan",
    "TransferEnded",
    "WrapUpChanged",
    "ignore",
]
