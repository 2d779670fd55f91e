"""What a flow uses of the world, in memory: twins of the parts that need a database.

For tests, for `ivrflow try` and for `ivrflow test`: the same behaviour without a file,
on whatever clock. Each twin passes the contract of the protocol that it stands for, as
the real one does. What they keep is public, so that a test can look at it.
"""

from ivrflow.sim.memory.agents import MemoryAgents
from ivrflow.sim.memory.boxes import MemoryBoxes
from ivrflow.sim.memory.identity import CardCount, MemoryLockOuts, PlainVerifier
from ivrflow.sim.memory.letters import MemoryOutbox
from ivrflow.sim.memory.lookups import Answer, MemoryLookups
from ivrflow.sim.memory.messages import KeptMessage, MemoryMessages
from ivrflow.sim.memory.sounds import MemoryAudio
from ivrflow.sim.memory.switches import MemorySwitches
from ivrflow.sim.memory.transcripts import MemoryTranscripts
from ivrflow.sim.memory.waiting import MemoryCallbacks, MemoryPlaces
from ivrflow.sim.memory.work import MemoryWork

__all__ = [
    "Answer",
    "CardCount",
    "KeptMessage",
    "MemoryAgents",
    "MemoryAudio",
    "MemoryBoxes",
    "MemoryCallbacks",
    "MemoryLockOuts",
    "MemoryLookups",
    "MemoryMessages",
    "MemoryOutbox",
    "MemoryPlaces",
    "MemorySwitches",
    "MemoryTranscripts",
    "MemoryWork",
    "PlainVerifier",
]
