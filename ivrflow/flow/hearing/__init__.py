"""Hearing messages by phone: whoever has proved who he is, and all that he does then.

    entering    number and PIN: who may hear which mailbox
    visit       who hears it, and where he is in it: the marks
    beginning   where it begins: a message, the place of the last call, the menu
    talk        the talk itself: keys in, acts out, over restarts
    listening   a message that plays, and what is said of it before
    acting      what is done with one: delete, save, call back
    sending     to other mailboxes: on, in answer, and new ones
    speaking    something is recorded, listened to, kept or spoken again
    settings    greetings and PIN
    calling     the one who left it is called
    told        who, when, how long: in words
    sounding    a message with its comment, as one sound

What a key means is decided in `ivrflow.voicemail.menu`, which knows no phone. What is
changed is changed through `flow.world.Boxes`, where each act and its entry in the audit
log are one.
"""
