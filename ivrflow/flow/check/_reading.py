"""The manual of the codes that are found while the files are read.

Before any rule looks at a site, its files must be texts that YAML understands as their
author does, with the keys that the language has. Same form as a rule's docstring.
"""

from __future__ import annotations

MANUAL = (
    """Y001: the file is not valid YAML.

A bracket, a colon or an indentation is wrong, and nothing behind that place can be
read. The message says what YAML missed.

Wrong:

    greet: {say: hello

Right:

    greet: {say: hello}
""",
    """Y002: words behind ` #` that are never said.

To YAML, ` #` begins a comment: the rest of the text would vanish without a word. Put
the whole text in quotes.

Wrong:

    greet:
      say: To end press # now

Right:

    greet:
      say: "To end press # now"
""",
    """Y003: a hash that begins a comment.

`#:` at the beginning of a line is a comment to YAML: the key would vanish. The hash key
is written `hash`.

Wrong:

    pick:
      menu: which
      keys:
        1: hangup
        #: repeat
      failed: hangup

Right:

    pick:
      menu: which
      keys:
        1: hangup
        hash: repeat
      failed: hangup
""",
    """Y004: a star as a key.

`*:` is an alias to YAML. The star key is written `star`.

Wrong:

    pick:
      menu: which
      keys:
        *: repeat
      failed: hangup

Right:

    pick:
      menu: which
      keys:
        star: repeat
      failed: hangup
""",
    """Y005: a key that stands twice.

YAML would keep one of them and drop the other. The message names both lines.

Wrong:

    greet: {say: hello}
    greet: {hangup: hello}

Right:

    greet: {say: hello}
    bye: {hangup: hello}
""",
    """Y006: a colon inside a text.

`: ` makes a key to YAML. Put the text in quotes.

Wrong:

    greet:
      say: Welcome: press 1

Right:

    greet:
      say: "Welcome: press 1"
""",
    """Y007: braces that YAML takes for a table.

A text that begins with `{` or holds `{...}` is a table to YAML. Values stand in texts
as `${...}`, and a text that begins with it, or has it inside `{ }`, needs quotes.

Wrong:

    greet:
      say: {call.from} is your number

Right:

    greet:
      say: "${call.from} is your number"
""",
    """Y008: a tab.

YAML wants spaces at the beginning of a line. Let the editor write spaces for tabs.
""",
    """Y009: an anchor or an alias of YAML.

`&` and `*` of YAML are not for us: what looks like one is mostly a text without its
quotes, or the key star.

Wrong:

    greet: {say: *hello}

Right:

    greet: {say: hello}
""",
    """Y010: a tag of YAML.

`!name` is not for us. Put a text that begins with `!` in quotes.

Wrong:

    greet: {say: !loud hello}

Right:

    greet: {say: hello}
""",
    """Y011: a file that is too large or too deep.

Nobody writes such a file by hand. Split it: each flow has a file of its own.
""",
    """Y012: signs that can't stand in a file.

The file is not UTF-8, or has control characters. Save it as UTF-8.
""",
    """Y013: a second document in one file.

`---` begins another document to YAML, and only one of them could be read. Take it out.
""",
    """Y014: a quotation that does not end.

A quote is opened and never closed, or a `'` stands inside `'...'`. Use the other kind
of quotes around the text.

Wrong:

    greet:
      say: 'It's open.'

Right:

    greet:
      say: "It's open."
""",
    """Y015: a file that can't be read.

It is missing or the service may not read it. A site is a folder with a site.yaml.
""",
    """Y016: a sign with which a text can't begin.

To YAML the sign means something of its own. Put the text in quotes.

Wrong:

    greet:
      say: @home and more

Right:

    greet:
      say: "@home and more"
""",
    """Y017: a file that nobody reads (a warning).

Its name is none of those that a site has. Mostly a letter is wrong, or it belongs into
`flows/`, `prompts/` or `tests/`.

Wrong:

    # queue.yaml
    desk: {title: Desk}

Right:

    # queues.yaml
    desk: {title: Desk}
    sales: {title: Sales}
""",
    """Y018: too many files in one folder.

The rest is not read. Take out what does not belong there.
""",
    """F010: a verb that does not exist.

A step has exactly one verb: `say`, `menu`, `ask` and so on.

Wrong:

    greet: {sya: hello}

Right:

    greet: {say: hello}
""",
    """F011: a key that does not exist.

The table has no such key; the message lists those that it has.

Wrong:

    pick: {menu: which, kees: {1: hangup}, failed: hangup}

Right:

    pick: {menu: which, keys: {1: hangup}, failed: hangup}
""",
    """F012: a key that is missing.

Without it, nobody knows what is meant.

Wrong:

    pick: {menu: which, failed: hangup}

Right:

    pick: {menu: which, keys: {1: hangup}, failed: hangup}
""",
    """F013: a table, a list or a value in the wrong place.

The key wants another shape: a table `{a: b}`, a list `[a, b]`, or one value.

Wrong:

    pick: {menu: which, keys: [hangup], failed: hangup}

Right:

    pick: {menu: which, keys: {1: hangup}, failed: hangup}
""",
    """F014: a value that can't be read.

A duration without its unit, a range with its ends the wrong way round, an expression
that can't be understood, a word that is not among those that fit.

Wrong:

    pick: {menu: which, wait: 6, keys: {1: hangup}, failed: hangup}

Right:

    pick: {menu: which, wait: 6s, keys: {1: hangup}, failed: hangup}
""",
    """F015: two ways where one belongs.

A step has one verb, a number leads to one thing. Make two of it.

Wrong:

    greet: {say: hello, hangup: hello}

Right:

    greet: {say: hello}
    bye: {hangup: hello}
""",
    """F016: a step without a verb.

A step says what happens: `{say: hello}`.

Wrong:

    greet: {then: hangup}

Right:

    greet: {say: hello, then: hangup}
""",
    """F017: something that is not built yet.

The language has it, this version does not. The site can't start, so that no caller
meets a step which does nothing.
""",
    """F018: two flows of one name.

A flow's name stands behind `flow:` in its file, and must be its own.
""",
    """F019: a site without a flow.

Put one into `flows/NAME.yaml`; it begins with `flow: NAME` and has `steps:`.
""",
    """P001: a prompt that can't be read.

A text, or a table of `first`, `silent`, `wrong` and `choices`; the message says what
is wrong in it.
""",
    """P002: a value in a prompt that can't be read.

What stands in `${...}` is an expression, perhaps with a filter: `${order.due | date}`.

Wrong:

    # prompts/en.yaml
    hello: Hello ${call.from +}.

Right:

    # prompts/en.yaml
    hello: Hello ${call.from | phone}.
""",
    """P003: a language in which nothing can be said.

Numbers, dates and money need a speller of the language. The message lists those that
are there; one for another language is one file.
""",
    """P004: a language without its prompts.

Every language of `languages:` in site.yaml has its file `prompts/LANGUAGE.yaml`.
""",
    """P005: prompts of a language that the site does not have (a warning).

Add the language to `languages:` of site.yaml, or take the file away.
""",
    """T001: a time zone that does not exist.

Write it as `Asia/Shanghai` or `Europe/Berlin`.

Wrong:

    # site.yaml
    languages: [en]
    timezone: Shanghai
    hosts: [erp.example.com]

Right:

    # site.yaml
    languages: [en]
    timezone: Asia/Shanghai
    hosts: [erp.example.com]
""",
    """T002: hours that end before they begin.

A range ends after it starts; opening over midnight is written as two ranges.

Wrong:

    # hours.yaml
    office: {mon-fri: "17:00-09:00"}

Right:

    # hours.yaml
    office: {mon-fri: "09:00-17:00"}
""",
    """T003: hours that overlap.

Two ranges of one day cover the same time. Write them one after the other.
""",
    """T004: holidays that nobody knows.

No calendar has this country's holidays. List the days under `except:` instead.
""",
    """D002: a source that can't be one.

A source looks up in a database (`sql`), over HTTP (`get`, `post`), or stores
(`insert`), and has only the keys that go with its way.

Wrong:

    # data.yaml
    marks: {insert: marks, timeout: 2s}

Right:

    # data.yaml
    marks: {database: crm, insert: marks, timeout: 2s}
""",
)
