"""A process of the service that may die at any moment, on virtual time.

What outlives it (the switch with its channels, the database) is given to it through
`Process.outlived`: a double that turns deaf when the process dies. So all its tasks can
be cancelled, and whatever their blocks do on the way out reaches nobody, as if they had
never had the chance. What was under way outside goes on: a prompt plays, a phone rings.

Every act outside has two moments at which the process may die: before it has reached
the other side, and after it has, when nobody has been told.
"""

import asyncio
import inspect
from contextlib import asynccontextmanager

MANAGERS = frozenset(("music", "bridge", "room", "monitor"))
"""Acts that last as long as a block."""

LOOKS = frozenset(("agents", "offers", "waiting"))
"""What only looks at the board, every half minute: no moment like others."""

THINGS = ("Scripted", "Memory")
"""What the doubles of switches are called: what they give is outlived too."""


class Process:
    """One life. *dies_at* is the moment, counted from 1, that kills it."""

    def __init__(self, dies_at=None):
        self.dies_at = dies_at
        self.moments = []
        """The moments at which it could have died so far, in words."""
        self.dead = False
        self.left_open = []
        """Blocks outside that nobody will ever leave: collected, they would end."""
        self._main = None

    async def run(self, main):
        """Run *main*; return what it returns, or None if the process died."""
        self._main = asyncio.get_running_loop().create_task(main)
        await asyncio.wait([self._main])
        if self.dead:
            # What `finish` left behind comes to its end too, deaf.
            for _ in range(5):
                await asyncio.sleep(0)
            return None
        return self._main.result()

    def die(self):
        """As by `kill -9`, now."""
        self.dead = True
        self._main.cancel()

    def outlived(self, thing, name=""):
        """*thing* as the process sees it."""
        return Outlived(thing, self, name or type(thing).__name__)

    def moment(self, what):
        """A moment at which it may die; raises `CancelledError` if it is dead."""
        if not self.dead:
            self.moments.append(what)
            if len(self.moments) == self.dies_at:
                self.die()
        if self.dead:
            raise asyncio.CancelledError

    async def act(self, what, act):
        """Do something outside, in a task that does not die with us."""
        self.moment(f"before {what}")
        outside = asyncio.get_running_loop().create_task(act())
        try:
            await asyncio.wait([outside])
        except asyncio.CancelledError:
            if self.dead:
                outside.add_done_callback(lambda t: t.cancelled() or t.exception())
            else:
                outside.cancel()
                await asyncio.wait([outside])
                answered = not outside.cancelled() and not outside.exception()
                if answered and what.endswith(".dial"):
                    # Answered at this very moment: a switch leaves no channel behind.
                    outside.result().drop()
            raise
        if not outside.cancelled():
            outside.exception()  # should we die now, nobody asks for it
        self.moment(f"after {what}")
        return outside.result()


class Outlived:
    """Something outside the process; see `Process.outlived`."""

    def __init__(self, thing, process, name):
        self.__dict__.update(_thing=thing, _process=process, _name=name)

    def __getattr__(self, name):
        found, process = getattr(self._thing, name), self._process
        what = f"{self._name}.{name}"
        if name in MANAGERS:
            return lambda *a, **k: self._block(what, found(*_bare(a), **k))
        if inspect.iscoroutinefunction(found) and name not in LOOKS:

            async def act(*args, **kwargs):
                return self._seen(
                    await process.act(what, lambda: found(*_bare(args), **kwargs))
                )

            return act
        if name in LOOKS:

            async def look():
                if process.dead:
                    raise asyncio.CancelledError
                return await found()

            return look
        if inspect.ismethod(found):
            return lambda *a, **k: None if process.dead else found(*_bare(a), **k)
        return found

    def __setattr__(self, name, value):
        if not self._process.dead:
            setattr(self._thing, name, value)

    @asynccontextmanager
    async def _block(self, what, manager):
        self._process.left_open.append(manager)
        yield_this = self._seen(await self._process.act(what, manager.__aenter__))
        try:
            yield yield_this
        finally:
            if not self._process.dead:
                await self._process.act(
                    f"the end of {what}", lambda: manager.__aexit__(None, None, None)
                )

    def _seen(self, found):
        """Channels, rooms and recorders that it gives outlive the process too."""
        return (
            self._process.outlived(found)
            if type(found).__name__.startswith(THINGS)
            else found
        )


def _bare(args):
    return [a._thing if isinstance(a, Outlived) else a for a in args]
