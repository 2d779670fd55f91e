"""The words in a picture: what a step says, and what it works with.

Which key of a step is a prompt and which one names a queue is told by the kinds of its
values, so a verb of tomorrow has its words without a line here.
"""

from __future__ import annotations

from collections.abc import Iterator

from ivrflow.flow.kind import Kind, Written
from ivrflow.flow.kinds import (
    DigitsRange,
    Duration,
    Expression,
    PromptName,
    Sayable,
    Target,
    Text,
)
from ivrflow.flow.model import Node
from ivrflow.flow.site import Site
from ivrflow.flow.site.settings import title_in
from ivrflow.flow.steps.choose import Choose
from ivrflow.prompts.catalogue import UnknownPrompt
from ivrflow.prompts.text import Slot, Words

SEVERAL = 2
"""Prompts of one step that are shown: of a list, the first ones."""


def about_step(site: Site, node: Node, language: str) -> tuple[str, tuple[str, ...]]:
    """What the caller hears in a step, and what else is worth knowing of it."""
    said: list[str] = []
    notes: list[str] = []
    if node.verb == "choose":
        return "", ()
    for way, kind in node.step.kinds:
        key, _, rest = way.partition(".")
        if isinstance(kind, Target) or key in ("keys", "on_error", "then"):
            continue
        if ".with." in way:  # what is sent along is too much for a box
            continue
        if isinstance(kind, PromptName | Sayable):
            words = _words(site, kind, language)
            if words and words not in said:
                said.append(words)
        elif key == node.verb and (note := _note(site, node, kind, rest, language)):
            notes.append(note)
        elif isinstance(kind, DigitsRange):
            notes.append(f"{kind} digit{'' if kind == '1' else 's'}")
    return " / ".join(said[:SEVERAL]), tuple(dict.fromkeys(notes))


def _words(site: Site, kind: PromptName | Sayable, language: str) -> str:
    """The first words of a prompt, or a text itself; "" for `yes` and the like."""
    if isinstance(kind, Sayable) and kind.text is not None:
        return shown(kind.text.words)
    try:
        texts = site.catalogue.texts(str(kind), language)
    except UnknownPrompt:
        return ""
    return " ".join(shown(words) for path, words in texts if path[0] == "first")


def shown(words: Words) -> str:
    """A text for a picture: a value as the last word of its name, in brackets."""
    return "".join(
        f"[{_brief(part.expression)}]" if isinstance(part, Slot) else part
        for part in words.parts
    )


def _brief(expression: str) -> str:
    """`amount` for `account.amount`; what is no name stays as it is."""
    parts = expression.split(".")
    return parts[-1] if all(part.isidentifier() for part in parts) else expression


def _note(site: Site, node: Node, kind: Kind, rest: str, language: str) -> str:
    """A value under the verb's own key, as a note; "" for what says nothing."""
    name = shown(kind.words) if isinstance(kind, Text) else str(kind)
    if node.verb == "set" and isinstance(kind, Written):
        # Names and values alternate: `topic`, then what it becomes.
        return f"{rest} = {name}" if rest != name or not rest else ""
    if node.verb == "log":
        return "" if isinstance(kind, Expression) else name
    if isinstance(kind, Expression):
        return f"if {kind.source}" if rest.endswith("if") else kind.source
    if isinstance(kind, Duration):
        return f"{kind:g} s"
    title = _title(site, node.verb, name, language)
    return f"{name}: {title}" if title and title != name else name


def _title(site: Site, verb: str, name: str, language: str) -> str:
    """How the site calls the queue, mailbox or flow *name*; "" if it does not."""
    if verb == "call" and name in site.flows:
        return str(site.flows[name].title)
    known = {
        "queue": site.queues,
        "callback": site.queues,
        "voicemail": site.mailboxes,
        "listen": site.mailboxes,
    }
    one = known.get(verb, {}).get(name)
    return title_in(getattr(one, "title", {}), language, "")


def choice_phrase(site: Site, node: Node, target: str, language: str) -> str:
    """What a menu calls a choice; "" if it has no phrase for it."""
    for prompt in _prompts(node):
        try:
            choices = site.catalogue.choices(prompt, language)
        except UnknownPrompt:
            continue
        if target in choices:
            return shown(choices[target])
    return ""


def _prompts(node: Node) -> Iterator[str]:
    return (str(kind) for _, kind in node.step.kinds if isinstance(kind, PromptName))


def condition_of(node: Node, pressed: str) -> str:
    """The condition under which a key is offered; "" if it always is."""
    for way, kind in node.step.kinds:
        if way == f"keys.{pressed}.if" and isinstance(kind, Expression):
            return kind.source
    return ""


def branch(node: Node, number: int) -> tuple[str, str]:
    """The words of one way of a `choose`, and the outcome that facts have for it."""
    assert isinstance(node.step, Choose)
    choice = node.step.choices[number]
    if choice.share is not None:
        return f"{int(choice.share)} %", "share"
    if choice.when is None:
        return "else", "else"
    return choice.when.source, "if"
