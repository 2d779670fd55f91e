"""The manual of the codes that are found while a site is built from its files.

Its YAML is right, and what it says can't be: a key that nobody knows, a value that its
kind can't read, a file that is not there. Same form as a rule's docstring.
"""

from __future__ import annotations

MANUAL = (
    """F010: a verb that does not exist.

A step has exactly one verb: `say`, `menu`, `ask` and so on.

Wrong:

    greet: {sya: hello}
            ^

Right:

    greet: {say: hello}
""",
    """F011: a key that does not exist.

The table has no such key; the message lists those that it has.

Wrong:

    pick: {menu: which, keys: {1: hangup}, faild: hangup}
                                           ^

Right:

    pick: {menu: which, keys: {1: hangup}, failed: hangup}
""",
    """F012: a key that is missing.

Without it, nobody knows what is meant.

Wrong:

    pick: {menu: which, failed: hangup}
    ^

Right:

    pick: {menu: which, keys: {1: hangup}, failed: hangup}
""",
    """F013: a table, a list or a value in the wrong place.

The key wants another shape: a table `{a: b}`, a list `[a, b]`, or one value.

Wrong:

    pick: {menu: which, keys: [hangup], failed: hangup}
                              ^

Right:

    pick: {menu: which, keys: {1: hangup}, failed: hangup}
""",
    """F014: a value that can't be read.

A duration without its unit, a range with its ends the wrong way round, an expression
that can't be understood, a word that is not among those that fit.

Wrong:

    pick: {menu: which, wait: 6, keys: {1: hangup}, failed: hangup}
                              ^

Right:

    pick: {menu: which, wait: 6s, keys: {1: hangup}, failed: hangup}
""",
    """F015: two ways where one belongs.

A step has one verb, a number leads to one thing. Make two of it.

Wrong:

    greet: {say: hello, hangup: hello}
                        ^

Right:

    greet: {say: hello}
    bye: {hangup: hello}
""",
    """F016: a step without a verb.

A step says what happens: `{say: hello}`.

Wrong:

    greet: {then: hangup}
    ^

Right:

    greet: {say: hello, then: hangup}
""",
    """F018: two flows of one name.

A flow's name stands behind `flow:` in its file, and must be its own.

Wrong:

    # flows/main.yaml
    flow: main
    steps:
      greet: {say: hello}
    # flows/other.yaml
    flow: main
          ^
    steps:
      greet: {say: hello}

Right:

    # flows/main.yaml
    flow: main
    steps:
      greet: {say: hello}
    # flows/other.yaml
    flow: other
    steps:
      greet: {say: hello}
""",
    """F019: a site without a flow.

Put one into `flows/NAME.yaml`; it begins with `flow: NAME` and has `steps:`.

Wrong:

    # no flows/main.yaml
    # no flows/closing.yaml
    # no flows/look.yaml
    # no numbers.yaml
    # site.yaml
    languages: [en]
    ^
    timezone: Asia/Shanghai
    hosts: [erp.example.com]

Right:

    # flows/main.yaml
    flow: main
    steps:
      greet: {say: hello}
""",
    """P001: a prompt that can't be read.

A text, or a table of `first`, `silent`, `wrong` and `choices`; the message says what
is wrong in it.

Wrong:

    # prompts/en.yaml
    hello: {first: Hello., loud: HELLO}
                                 ^

Right:

    # prompts/en.yaml
    hello: {first: Hello., silent: Are you there?}
""",
    """P002: a value in a prompt that can't be read.

What stands in `${...}` is an expression, perhaps with a filter: `${order.due | date}`.

Wrong:

    # prompts/en.yaml
    hello: Good day, it is ${now.hour +} o'clock.
                                       ^

Right:

    # prompts/en.yaml
    hello: Good day, it is ${now.hour | number} o'clock.
""",
    """P003: a language in which nothing can be said.

Numbers, dates and money need a speller of the language. The message lists those that
are there; one for another language is one file.

Wrong:

    # site.yaml
    languages: [en, fr]
                    ^
    timezone: Asia/Shanghai
    hosts: [erp.example.com]
    # prompts/fr.yaml
    hello: Bonjour.
    which: Lequel?
    enter: Le voici.

Right:

    # site.yaml
    languages: [en]
    timezone: Asia/Shanghai
    hosts: [erp.example.com]
""",
    """P004: a language without its prompts.

Every language of `languages:` in site.yaml has its file `prompts/LANGUAGE.yaml`.

Wrong:

    # site.yaml
    languages: [en, zh-CN]
                    ^
    timezone: Asia/Shanghai
    hosts: [erp.example.com]

Right:

    # site.yaml
    languages: [en, zh-CN]
    timezone: Asia/Shanghai
    hosts: [erp.example.com]
    # prompts/zh-CN.yaml
    hello: 您好。
    which: 请选择。
    enter: 请输入。
""",
    """P005: prompts of a language that the site does not have (a warning).

Add the language to `languages:` of site.yaml, or take the file away.

Wrong:

    # prompts/zh-CN.yaml
    hello: 您好。
    ^

Right:

    # site.yaml
    languages: [en, zh-CN]
    timezone: Asia/Shanghai
    hosts: [erp.example.com]
    # prompts/zh-CN.yaml
    hello: 您好。
    which: 请选择。
    enter: 请输入。
""",
    """T001: a time zone that does not exist.

Write it as `Asia/Shanghai` or `Europe/Berlin`.

Wrong:

    # site.yaml
    languages: [en]
    timezone: Shanghai
              ^
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
                      ^

Right:

    # hours.yaml
    office: {mon-fri: "09:00-17:00"}
""",
    """T003: hours that overlap.

Two ranges of one day cover the same time. Write them one after the other.

Wrong:

    # hours.yaml
    office: {mon-fri: "09:00-12:00, 11:00-17:00"}
                      ^

Right:

    # hours.yaml
    office: {mon-fri: "09:00-12:00, 13:00-17:00"}
""",
    """T004: holidays that nobody knows.

No calendar has this country's holidays. List the days under `except:` instead.

Wrong:

    # hours.yaml
    office: {mon-fri: 09:00-17:00, holidays: XX}
                                             ^

Right:

    # hours.yaml
    office: {mon-fri: 09:00-17:00, except: {2026-12-25: closed}}
""",
    """D002: a source that can't be one.

A source looks up in a database (`sql`), over HTTP (`get`, `post`), or stores
(`insert`), and has only the keys that go with its way.

Wrong:

    # data.yaml
    marks: {insert: marks, timeout: 2s}
            ^

Right:

    # data.yaml
    marks: {database: crm, insert: marks, timeout: 2s}
""",
)
