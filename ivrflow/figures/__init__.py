"""Figures: what is counted and measured of queues, agents and calls.

Everything is computed from facts, by one fold (`fold`), whether they are heard as they
happen or read from the database years later: so a wallboard, a report and a record of a
call can't disagree. It has no clock, no loop and no SQL.

    facts -> fold -> sums      of each queue and agent, by a quarter of an hour and day
                  -> records   of calls, when they are over
                  -> segments  of agents' time
    sums  -> metrics           the figures, one definition each
    facts -> queue_log         the lines of Asterisk's queue_log
"""
