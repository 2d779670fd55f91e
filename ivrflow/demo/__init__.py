"""Real calls on a private Asterisk, played by robot phones, told as they happen.

`setup` makes everything anew in one folder, `people` are the callers and agents,
`story` tells what happens, `scenes` are the calls with what must be observed.
"""
