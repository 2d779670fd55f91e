"""Asterisk's side of AGI, as a test moves it: a call whose dialplan runs a script."""

import asyncio
import re
import shlex

REQUEST = """\
agi_network: yes
agi_network_script: {script}
agi_request: agi://127.0.0.1/{script}
agi_channel: PJSIP/trunk-00000001
agi_language: en
agi_type: PJSIP
agi_uniqueid: {id}
agi_version: 22.10.1
agi_callerid: {caller}
agi_calleridname: {name}
agi_callingpres: {presentation}
agi_callingani2: 0
agi_callington: 0
agi_callingtns: 0
agi_dnid: {dialled}
agi_rdnis: unknown
agi_context: from-trunk
agi_extension: {dialled}
agi_priority: 3
agi_enhanced: 0.0
agi_accountcode: 
agi_threadid: 140242

"""


def request(script="flow/top", **told):
    """What Asterisk says first, as bytes."""
    usual = {
        "id": "1767312000.7",
        "caller": "13800138000",
        "name": "Li",
        "presentation": "0",
        "dialled": "500",
    }
    return REQUEST.format(script=script, **(usual | told)).encode()


class Script:
    """One run of a script on a call. The channel's `variables` outlive it."""

    def __init__(self, reader, writer, variables=None, *, sounds=None, up=True):
        """*sounds* is how long each lasts, in seconds, by the end of its path."""
        self._reader, self._writer = reader, writer
        self.variables = {} if variables is None else variables
        self.set = []
        """The names of variables in the order in which they were set."""
        self.said = []
        """All commands, as lists of words."""
        self.up, self.hung_up = up, False
        self._sounds = sounds or {}
        self._keys = asyncio.Queue()
        self._next = asyncio.Queue()

    def press(self, keys):
        for key in keys:
            self._keys.put_nowait(key)

    def hang_up(self):
        """The caller does."""
        self.hung_up = True
        self._writer.write(b"HANGUP\n")
        self._keys.put_nowait("")

    def close(self):
        """The connection breaks."""
        self._writer.transport.abort()

    async def heard(self, ending, within=10):
        """Wait until a sound with this end of its path has begun."""
        async with asyncio.timeout(within):
            while not any(
                words[0] == "STREAM" and words[2].endswith(ending)
                for words in self.said
            ):
                await asyncio.sleep(0.01)

    async def run(self):
        """Do what is said until the script ends; the sounds that were played."""
        async with asyncio.TaskGroup() as group:
            reading = group.create_task(self._read())
            while (line := await self._next.get()) is not None:
                words = shlex.split(line)
                self.said.append(words)
                answer = await self._done(words)
                if answer is not None:
                    self._writer.write(f"{answer}\n".encode())
            reading.cancel()
        self._writer.close()
        return [words[2] for words in self.said if words[0] == "STREAM"]

    async def _read(self):
        while line := await self._read_line():
            await self._next.put(line)
        await self._next.put(None)

    async def _read_line(self):
        try:
            return (await self._reader.readline()).decode().rstrip("\n")
        except ConnectionError:
            return ""

    async def _done(self, words):
        if self.hung_up and words[0] in ("STREAM", "ANSWER", "RECORD"):
            return "511 Command Not Permitted on a dead channel or intercept routine"
        match words:
            case ["CHANNEL", "STATUS"]:
                return f"200 result={6 if self.up else 4}"
            case ["ANSWER"]:
                self.up = True
                return "200 result=0"
            case ["GET", "VARIABLE", name]:
                value = self.variables.get(name, "")[:1023]  # as Asterisk cuts it
                return f"200 result=1 ({value})" if value else "200 result=0"
            case ["SET", "VARIABLE", name, value]:
                assert re.fullmatch(r"[A-Za-z_]\w*", name)
                self.variables[name] = value
                self.set.append(name)
                return "200 result=1"
            case ["STREAM", "FILE", path, _, begin]:
                return await self._play(path, int(begin))
            case ["WAIT", "FOR", "DIGIT", milliseconds]:
                key = await self._key(int(milliseconds) / 1000)
                return f"200 result={-1 if self.hung_up else ord(key) if key else 0}"
            case ["HANGUP"]:
                self.hung_up = True
                return "200 result=1\nHANGUP"
            case ["NOOP"] | ["SET", *_]:
                return "200 result=0"
        return "510 Invalid or unknown command"

    async def _play(self, path, begin):
        lasts = next((s for end, s in self._sounds.items() if path.endswith(end)), 0.02)
        loop = asyncio.get_running_loop()
        began = loop.time()
        key = loop.create_task(self._keys.get())
        ends = began + max(0.0, lasts - begin / 8000)
        try:
            while loop.time() < ends and not key.done():
                if self._next.qsize():
                    return None  # a new command ends it, and then nothing is answered
                await asyncio.wait([key], timeout=min(0.01, ends - loop.time()))
        finally:
            if not key.done():
                key.cancel()
        at = begin + round((loop.time() - began) * 8000)
        pressed = key.result() if key.done() and not key.cancelled() else ""
        result = -1 if self.hung_up else ord(pressed) if pressed else 0
        return f"200 result={result} endpos={at}"

    async def _key(self, within):
        try:
            async with asyncio.timeout(within):
                return await self._keys.get()
        except TimeoutError:
            return ""


async def script(port, asked="flow/top", variables=None, *, sounds=None, **told):
    """Connect as Asterisk does, say what is wanted, and return the `Script`."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request(asked, **told))
    return Script(reader, writer, variables, sounds=sounds)
