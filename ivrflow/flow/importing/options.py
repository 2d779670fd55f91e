"""Each option of Asterisk's queues.conf, and what becomes of it.

One table for the importer, its remarks and the page that users read: an option that is
not in it is one that Asterisk 22 does not know either.
"""

from __future__ import annotations

from dataclasses import dataclass

NO = frozenset(("", "no", "0", "false", "off", "n", "f"))
"""Values with which most options do nothing."""


@dataclass(frozen=True, slots=True)
class Option:
    """What becomes of an option.

    *key* is where its meaning stands in queues.yaml or agents.yaml; "" if nowhere.
    *words* say how, or why not; they are told when the option is set and has no key, or
    when something about it must be known (*told*).
    """

    key: str
    words: str
    told: bool = False
    even_no: bool = False
    """It is told for `no` too: that is what it can't be here."""


def _as(key: str, words: str = "", *, told: bool = False) -> Option:
    return Option(key, words, told)


def _not(words: str) -> Option:
    return Option("", words, told=True)


def _anyhow(words: str) -> Option:
    """Not carried over, and `no` changes something in Asterisk as well."""
    return Option("", words, told=True, even_no=True)


_OURS = "said by the site's prompts: the sentences of `announce`, in each language"
_STEP = "the flow decides it, in its `queue` step"

GENERAL: dict[str, Option] = {
    "persistentmembers": _anyhow("always: who is signed in is kept in the database"),
    "autofill": _anyhow(
        "always: no free agent and waiting caller are left side by side"
    ),
    "monitor-type": _not("recordings are made by the service: `record`"),
    "updatecdr": _not("call records name the agent: `ivrflow report calls`"),
    "shared_lastcall": _anyhow("always: a wrap-up counts in all queues of the agent"),
    "negative_penalty_invalid": _not("there are no penalties: levels of skills"),
    "log_membername_as_agent": _not("queue_log names agents by their numbers"),
    "force_longest_waiting_caller": _anyhow(
        "always: over all queues of an agent, the one who waits longest, after priority"
    ),
    "log-caller-id-name": _not("callers' names stand in no log"),
    "log-restricted-caller-id": _not("a withheld number is never seen"),
    "log_unpause_on_reason_change": _not("each change of a break is a fact of its own"),
    "keepstats": _anyhow("always: figures come from the facts, and survive a restart"),
    "realtime_rules": _not("rules of penalties have no counterpart: `widen`"),
}
"""Options of [general]."""

QUEUE: dict[str, Option] = {
    "musicclass": _as("music"),
    "strategy": _as("choose"),
    "servicelevel": _as("answer_within"),
    "timeout": _as("ring", "how long a phone rings"),
    "wrapuptime": _as("wrap_up"),
    "maxlen": _as("longest_line"),
    "weight": _as("weight", "a heavier queue first, and no agent ever idle for it"),
    "announce-frequency": _as("announce", "how often the position is said"),
    "min-announce-frequency": _as("announce", "not more often than this"),
    "announce-position": _as("announce", "with a prompt that says ${queue.position}"),
    "monitor-format": _as("record", "record: all"),
    "member": _as("agents.yaml", "one agent for each phone"),
    "member (penalty)": _as(
        "reserve", "who has the higher one of two; of more, a level of a skill"
    ),
    "announce-holdtime": _not(
        "say ${queue.wait} in a prompt of `announce`: a range, with its error known"
    ),
    "announce": _not("`whisper: PROMPT`: what the agent hears before the caller"),
    "reportholdtime": _not("`whisper: PROMPT` with ${queue.waited} in its words"),
    "periodic-announce": _not("`announce: [{say: PROMPT, every: 60s}]`"),
    "periodic-announce-frequency": _not("`every:` of that `announce`"),
    "periodic-announce-startdelay": _not("`after:` of that `announce`"),
    "random-periodic-announce": _not("announcements come in the order that is written"),
    "relative-periodic-announce": _anyhow(
        "`every:` counts from the end of the last one"
    ),
    "announce-to-first-user": _anyhow(
        "the first one hears announcements too; an agent who gets free ends them"
    ),
    "announce-position-limit": _not("the prompt may say anything: `choose` its words"),
    "announce-position-only-up": _anyhow(
        "always: a position is said when it is better"
    ),
    "announce-round-seconds": _not("an estimate is a range of minutes"),
    "queue-youarenext": _not(_OURS),
    "queue-thereare": _not(_OURS),
    "queue-callswaiting": _not(_OURS),
    "queue-quantity1": _not(_OURS),
    "queue-quantity2": _not(_OURS),
    "queue-holdtime": _not(_OURS),
    "queue-minute": _not(_OURS),
    "queue-minutes": _not(_OURS),
    "queue-seconds": _not(_OURS),
    "queue-lessthan": _not(_OURS),
    "queue-thankyou": _not(_OURS),
    "queue-reporthold": _not("a sentence of the prompt of `whisper`"),
    "queue-callerannounce": _not("`tell_caller: PROMPT`"),
    "joinempty": _anyhow(
        f"{_STEP}: `no_agents`, when nobody could ever serve the call"
    ),
    "leavewhenempty": _not(f"{_STEP}: `no_agents`, also while the caller waits"),
    "context": _not(f"{_STEP}: `keys`, each with the step where it leads"),
    "autopause": _anyhow("always: who does not answer is not ready from then on"),
    "autopausebusy": _not("a busy phone has a pause, `after_busy`, and stays ready"),
    "autopauseunavail": _not(
        "a phone that is not there has a pause, `after_unreachable`, and stays ready"
    ),
    "autopausedelay": _not("the first call that is not answered makes it so"),
    "ringinuse": _not("never: who is in a call, ours or not, is not rung"),
    "retry": _not("never: the next agent is rung at once"),
    "memberdelay": _not("`whisper: PROMPT` gives the agent the time that it takes"),
    "timeoutpriority": _not(f"{_STEP}: `max_wait` counts, also while a phone rings"),
    "timeoutrestart": _not("each phone rings for the whole of `ring`"),
    "penaltymemberslimit": _not("there are no penalties: levels of skills"),
    "defaultrule": _not("`widen` of the `queue` step: who may take it after how long"),
    "membermacro": _not("`show`, `whisper`, and `keys` of the agent in the talk"),
    "membergosub": _not("`show`, `whisper`, and `keys` of the agent in the talk"),
    "setinterfacevar": _not(
        "nothing is set in a dialplan; facts and call records tell"
    ),
    "setqueuevar": _not("nothing is set in a dialplan; `queue.` in the flow tells"),
    "setqueueentryvar": _not("nothing is set in a dialplan; facts tell"),
    "eventwhencalled": _anyhow("always: GET /api/events"),
    "eventmemberstatus": _anyhow("always: GET /api/events"),
    "monitor-type": _not("recordings are made by the service: `record`"),
    "monitor-join": _not("both sides are in one recording"),
    "autofill": _anyhow(
        "always: no free agent and waiting caller are left side by side"
    ),
}
"""Options of a queue's own section."""

STRATEGIES = {
    "ringall": "ring_all",
    "leastrecent": "longest_idle",
    "fewestcalls": "fewest_calls",
    "random": "random",
    "rrmemory": "round_robin",
    "roundrobin": "round_robin",
    "rrordered": "round_robin",
    "linear": "in_order",
    "wrandom": "weighted_random",
}
"""`strategy` -> `choose`."""
