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
           ^

Right:

    greet: {say: hello}
""",
    """Y002: words behind ` #` that are never said.

To YAML, ` #` begins a comment: the rest of the text would vanish without a word. Put
the whole text in quotes.

Wrong:

    greet:
      say: To end press # now
                        ^

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
        ^
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
        ^
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
    ^

Right:

    greet: {say: hello}
    bye: {hangup: hello}
""",
    """Y006: a colon inside a text.

`: ` makes a key to YAML. Put the text in quotes.

Wrong:

    greet:
      say: Welcome: press 1
                  ^

Right:

    greet:
      say: "Welcome: press 1"
""",
    """Y007: braces that YAML takes for a table.

A text that begins with `{` or holds `{...}` is a table to YAML. Values stand in texts
as `${...}`, and a text that begins with it, or has it inside `{ }`, needs quotes.

Wrong:

    greet:
      say: {now.hour} is the hour
           ^

Right:

    greet:
      say: "${now.hour} is the hour"
""",
    """Y008: a tab.

YAML wants spaces at the beginning of a line. Let the editor write spaces for tabs.

Wrong:

    greet:
    ␉say: hello
    ^

Right:

    greet:
      say: hello
""",
    """Y009: an anchor or an alias of YAML.

`&` and `*` of YAML are not for us: what looks like one is mostly a text without its
quotes, or the key star.

Wrong:

    greet: {say: *hello}
                 ^

Right:

    greet: {say: hello}
""",
    """Y010: a tag of YAML.

`!name` is not for us. Put a text that begins with `!` in quotes.

Wrong:

    greet: {say: !loud hello}
                 ^

Right:

    greet: {say: hello}
""",
    """Y011: a file that is too large or too deep.

Nobody writes such a file by hand. Split it: each flow has a file of its own.

Wrong:

    greet:
      say: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[
                                                ^

Right:

    greet:
      say: [hello]
""",
    """Y012: signs that can't stand in a file.

The file is not UTF-8, or has control characters. Save it as UTF-8.

Wrong:

    greet: {say: "hel␇lo"}
                     ^

Right:

    greet: {say: "hello"}
""",
    """Y013: a second document in one file.

`---` begins another document to YAML, and only one of them could be read. Take it out.

Wrong:

    # flows/main.yaml
    flow: main
    steps:
      greet: {say: hello}
    ---
    ^
    flow: other
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
    """Y014: a quotation that does not end.

A quote is opened and never closed, or a `'` stands inside `'...'`. Use the other kind
of quotes around the text.

Wrong:

    greet:
      say: 'It's open.'
              ^

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
           ^

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
    ^

Right:

    # queues.yaml
    desk: {title: Desk}
    sales: {title: Sales}
""",
    """Y018: too many files in one folder.

The rest is not read. Take out what does not belong there.
""",
)
