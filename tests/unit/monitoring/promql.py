"""Enough of PromQL to read our rules and dashboards: which series, which labels.

A recursive descent over the grammar of Prometheus' documentation; what it does not know
raises `Wrong`, so that a query which it lets through is at least well formed.
"""

import re
from dataclasses import dataclass, field

TOKEN = re.compile(
    r"""\s*(?:
    (?P<duration>\d+(?:ms|[smhdwy])|\$__rate_interval|\$__interval)
  | (?P<number>\d+(?:\.\d+)?)
  | (?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)
  | (?P<text>"(?:\\.|[^"\\])*")
  | (?P<sign>=~|!~|!=|==|<=|>=|[-+*/%^<>=(){}\[\],])
)""",
    re.VERBOSE,
)

FUNCTIONS = {
    "rate": 1,
    "increase": 1,
    "changes": 1,
    "histogram_quantile": 2,
    "vector": 1,
}
"""Function -> how many arguments."""
RANGES = {"rate", "increase", "changes"}
AGGREGATES = {"sum", "min", "max", "avg", "count"}
LEVELS = [
    {"or"},
    {"and", "unless"},
    {"==", "!=", "<", ">", "<=", ">="},
    {"+", "-"},
    {"*", "/", "%"},
]
"""Binary operators, those that bind least first."""


class Wrong(Exception):
    """It is no query."""


@dataclass
class Found:
    """What a query names."""

    series: list = field(default_factory=list)
    """(name, labels that are matched)."""
    grouped: set = field(default_factory=set)
    """Labels of by, on."""


def read(query):
    """What *query* names; raises `Wrong`."""
    return Reader(query).whole()


class Reader:
    def __init__(self, query):
        self.query = query
        self.tokens = []
        at = 0
        while query[at:].strip():
            match = TOKEN.match(query, at)
            if match is None:
                raise Wrong(f"{query[at:]!r} in {query!r}")
            self.tokens.append((match.lastgroup, match[match.lastgroup]))
            at = match.end()
        self.at = 0
        self.found = Found()

    def whole(self):
        self.binary(0)
        if self.at < len(self.tokens):
            raise Wrong(f"{self.peek()!r} is too much in {self.query!r}")
        return self.found

    def peek(self):
        return self.tokens[self.at] if self.at < len(self.tokens) else ("end", "")

    def take(self, kind=None, text=None):
        found = self.peek()
        if (kind and found[0] != kind) or (text and found[1] != text):
            raise Wrong(f"{found[1]!r} where {text or kind} is due in {self.query!r}")
        self.at += 1
        return found[1]

    def is_next(self, *texts):
        return self.peek()[1] in texts

    def binary(self, level):
        if level == len(LEVELS):
            return self.single()
        self.binary(level + 1)
        while self.is_next(*LEVELS[level]):
            self.take()
            if self.is_next("on", "ignoring"):
                self.take()
                self.found.grouped |= set(self.labels())
            self.binary(level + 1)
        return None

    def single(self):
        kind, text = self.peek()
        if text == "(":
            self.take()
            self.binary(0)
            self.take(text=")")
        elif kind == "number":
            self.take()
        elif text in AGGREGATES:
            self.aggregate()
        elif text in FUNCTIONS:
            self.call(text)
        elif kind == "name":
            self.selector()
        else:
            raise Wrong(f"{text!r} is no beginning in {self.query!r}")

    def aggregate(self):
        self.take()
        if self.is_next("by", "without"):
            self.take()
            self.found.grouped |= set(self.labels())
        self.take(text="(")
        self.binary(0)
        self.take(text=")")

    def call(self, name):
        self.take()
        self.take(text="(")
        if name in RANGES:
            self.selector(ranged=True)
        else:
            for number in range(FUNCTIONS[name]):
                if number:
                    self.take(text=",")
                self.binary(0)
        self.take(text=")")

    def selector(self, ranged=False):
        name, matched = self.take("name"), {}
        if self.is_next("{"):
            self.take()
            while not self.is_next("}"):
                label = self.take("name")
                if not self.is_next("=", "!=", "=~", "!~"):
                    raise Wrong(f"{self.peek()!r} in {self.query!r}")
                self.take()
                matched[label] = self.take("text").strip('"')
                if not self.is_next("}"):
                    self.take(text=",")
            self.take(text="}")
        if self.is_next("["):
            if not ranged:
                raise Wrong(f"nothing takes the range of {name} in {self.query!r}")
            self.take()
            self.take("duration")
            self.take(text="]")
        elif ranged:
            raise Wrong(f"{name} has no range in {self.query!r}")
        self.found.series.append((name, matched))

    def labels(self):
        self.take(text="(")
        found = [self.take("name")]
        while self.is_next(","):
            self.take()
            found.append(self.take("name"))
        self.take(text=")")
        return found
