"""Events that outlive the service: a small process holds the connection to Asterisk.

Asterisk 22.10.1 does not stand it well when a connection for events breaks off while
many events come: the one that Asterisk makes may end it by a crash, the one that we
make may leave it locked for ever (docs/reliability.md has what was measured). And what
happens while nobody is connected is not kept: keys are lost, and new calls have to try
again. So `ivrflow serve` doesn't hold that connection itself. A process beside it does
(`process`, `relaying`), which knows nothing of calls and so has little to die of; it
hands on what comes, and keeps it while the service is away. What callers type it keeps
for as long as they are there (`keys`), as the service may die in the middle of that.
`RelayedEvents` is the service's end.

The two speak over a socket in the folder of the database, in frames (`frames`). What it
keeps is bounded; when it has to let go of something it says so, and the service looks
at all that there is, as after each connection.
"""

from ivrflow.asterisk.ari.relay.source import RelayedEvents

__all__ = ["RelayedEvents"]
