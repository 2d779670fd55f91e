"""Sound on disk: what people have spoken to us, kept by an id that nobody guesses.

Rows and talks change for other reasons than bytes on a disk do, so these have a room of
their own:

    keyring    the keys of the settings: the first one seals, the others still open
    sealed     one sealed file: AES-256-GCM in pieces, so that a range costs a piece
    folder     files on shelves: written whole or not at all, no link followed
    store      the sounds in it: put, read by ranges, dropped, counted
    rotation   every file under the key that seals now; can be killed at any moment
    checking   files against rows: missing, damaged, another one
    room       how full it is, before it is full
    judged     what the switch has recorded: is it a message?
    intake     from the switch's spool into the store, in an order that loses nothing
    playing    plain copies that the switch may read, as long as somebody hears them
    janitor    what nobody refers to goes, after an hour
    cutting    the end of a sound that is only silence; what a telephone can play
    opus       a quarter of the size, for mail
    threads    a few of them for all that blocks, and only so many wait
    library    all of it for the event loop: the `Audio` of talks, routes and letters
"""
