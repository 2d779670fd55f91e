"""The figures of queues and agents, one definition each, made of sums.

A figure is None where there is nothing to divide by. Ratios are 0 to 1, times seconds.
Names as in the table of metrics: O offered, A answered, B abandoned, T the threshold,
A_T answered within T, B_T abandoned within T, B_s abandoned within the limit of short
ones.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from ivrflow.figures.sums import AgentSum, QueueSum, Waits

NO_ANSWER = "no answer"


def ratio(part: float, whole: float) -> float | None:
    return part / whole if whole > 0 else None


def within(waits: Waits, seconds: float) -> int:
    """How many waited *seconds* at most."""
    return sum(count for waited, count in waits.items() if waited <= seconds)


def percentile(waits: Waits, share: float) -> float | None:
    """The least wait that *share* of them did not exceed (nearest rank)."""
    wanted = math.ceil(share * sum(waits.values()) - 1e-9)
    seen = 0
    for waited in sorted(waits):
        seen += waits[waited]
        if seen >= max(1, wanted):
            return float(waited)
    return None


@dataclass(frozen=True, slots=True)
class QueueFigures:
    """The figures of one sum. *within* is the threshold T of the service level, *short*
    the limit under which hanging up is no loss, both in seconds."""

    of: QueueSum
    within: float = 20.0
    short: float = 5.0

    # Counts, by the interval of entry -------------------------------------------------

    @property
    def offered(self) -> int:
        """O. Source: `CallerQueued`; `LeftQueue` of one who was not let in."""
        return self.of.offered

    @property
    def answered(self) -> int:
        """A. Source: `Connected`."""
        return self.of.answered

    @property
    def abandoned(self) -> int:
        """B. Source: `LeftQueue`, abandoned. A taken callback is none."""
        return self.of.abandoned

    @property
    def flowed_out(self) -> int:
        """F. Source: `LeftQueue` in all other ways."""
        return self.of.flowed_out

    @property
    def waiting(self) -> int:
        """O - A - B - F: those who are still there."""
        return self.of.waiting

    @property
    def answered_within(self) -> int:
        """A_T."""
        return within(self.of.waits, self.within)

    @property
    def abandoned_within(self) -> int:
        """B_T."""
        return within(self.of.lost_waits, self.within)

    @property
    def short_abandoned(self) -> int:
        """B_s."""
        return within(self.of.lost_waits, self.short)

    # Service level --------------------------------------------------------------------

    @property
    def service_level(self) -> float | None:
        """A_T / (O - B_T): abandons in time don't count. Those who still wait, and have
        not had T seconds, do: of a moment that is just over it is a lower bound."""
        return ratio(self.answered_within, self.offered - self.abandoned_within)

    @property
    def service_level_negative(self) -> float | None:
        """A_T / O: each abandon counts as a failure."""
        return ratio(self.answered_within, self.offered)

    @property
    def service_level_positive(self) -> float | None:
        """(A_T + B_T) / O: an abandon in time counts as a success."""
        return ratio(self.answered_within + self.abandoned_within, self.offered)

    @property
    def asterisk_sl(self) -> float | None:
        """A_T / A: what `queue show` of Asterisk calls SL."""
        return ratio(self.answered_within, self.answered)

    @property
    def asterisk_sl2(self) -> float | None:
        """(A_T + B_T) / (A + B): what it calls SL2."""
        return ratio(
            self.answered_within + self.abandoned_within, self.answered + self.abandoned
        )

    # Waits ----------------------------------------------------------------------------

    @property
    def asa(self) -> float | None:
        """Mean wait of those who were answered, ringing included.

        Source: the times of `CallerQueued` and `Connected`.
        """
        return ratio(self.of.wait, self.answered)

    @property
    def median_wait(self) -> float | None:
        """Of those who were answered; whole seconds, rounded up."""
        return percentile(self.of.waits, 0.5)

    @property
    def p90_wait(self) -> float | None:
        """Nine of ten who were answered waited no longer; rounded up."""
        return percentile(self.of.waits, 0.9)

    @property
    def longest_wait(self) -> float:
        """Of all who are not waiting any more."""
        return self.of.longest

    @property
    def mean_lost_wait(self) -> float | None:
        """Mean wait of those who abandoned."""
        return ratio(self.of.lost_wait, self.abandoned)

    # Abandons -------------------------------------------------------------------------

    @property
    def abandonment(self) -> float | None:
        """(B - B_s) / (O - B_s): short ones count neither as lost nor as offered."""
        short = self.short_abandoned
        return ratio(self.abandoned - short, self.offered - short)

    @property
    def abandonment_raw(self) -> float | None:
        """B / O."""
        return ratio(self.abandoned, self.offered)

    # Talks ----------------------------------------------------------------------------

    @property
    def mean_talk(self) -> float | None:
        """Mean of `TalkEnded.seconds`: from answer to end, hold included."""
        return ratio(self.of.talk + self.of.hold, self.of.handled)

    @property
    def mean_hold(self) -> float | None:
        """Mean of `TalkEnded.held`."""
        return ratio(self.of.hold, self.of.handled)

    @property
    def mean_wrap_up(self) -> float | None:
        """From `TalkEnded` to the `AgentChanged` that ends the wrap-up."""
        return ratio(self.of.wrap_up, self.of.handled)

    @property
    def aht(self) -> float | None:
        """(talk + hold + wrap-up) / handled: of all agents who had the caller, one
        after the other by attended transfers."""
        seconds = self.of.talk + self.of.hold + self.of.wrap_up
        return ratio(seconds, self.of.handled)

    # Offers ---------------------------------------------------------------------------

    @property
    def offers(self) -> int:
        """Phones that rang, or should have. Source: `OfferEnded` and `Connected`."""
        return sum(self.of.offers.values())

    @property
    def rona_rate(self) -> float | None:
        """Offers that ended by no answer / offers; reject, busy, unavailable and caller
        gone are in `of.offers`, each apart."""
        return ratio(self.of.offers.get(NO_ANSWER, 0), self.offers)

    @property
    def idle_while_waiting(self) -> float:
        """Seconds in which a free agent and a caller for him existed side by side.

        Each second counts once for a caller, however many phones rang for him. Who was
        never offered has none. Source: `AgentOffered.idle`.
        """
        return self.of.idle

    @property
    def repeated_share(self) -> float | None:
        """Came again within 24 h / offered. Source: `CallStarted.caller` of the calls
        that `CallerQueued` names."""
        return ratio(self.of.repeated, self.offered)

    # Estimates ------------------------------------------------------------------------

    @property
    def estimate_bias(self) -> float | None:
        """Mean of (middle of the range - what came): above 0, callers waited less than
        they were told. Source: `EstimateSaid`, then `Connected`; who hung up before is
        not in it, as nobody knows what would have come."""
        return ratio(self.of.estimate_error, self.of.estimates)

    @property
    def estimate_mae(self) -> float | None:
        """Mean distance between the middle of the range and what came."""
        return ratio(self.of.estimate_missed, self.of.estimates)

    @property
    def estimate_rmse(self) -> float | None:
        """Root of the mean square of that distance / mean of what came."""
        mean = ratio(self.of.estimate_came, self.of.estimates)
        if not mean:
            return None
        return math.sqrt(self.of.estimate_squares / self.of.estimates) / mean

    @property
    def estimate_near(self) -> float | None:
        """Share with its middle within 25 % of what came."""
        return ratio(self.of.estimate_near, self.of.estimates)

    @property
    def estimate_covered(self) -> float | None:
        """Share whose range had in it what came."""
        return ratio(self.of.estimate_covered, self.of.estimates)

    # Promises -------------------------------------------------------------------------

    @property
    def promise_kept(self) -> float | None:
        """Callbacks tried inside their time / those that are over; one that was taken
        back is neither. Of messages: dealt with, or called back first, inside their
        time; one that was withdrawn is neither. Source: `CallbackEnded`, `WorkEnded`,
        by the interval in which it ended."""
        return ratio(self.of.kept, self.of.promises)


@dataclass(frozen=True, slots=True)
class AgentFigures:
    """The figures of one agent's sum. Source of all times: `AgentChanged`, `AgentSeen`,
    `AgentOffered`, `OfferEnded`, `Connected`, `Held`, `Resumed`, `TalkEnded`,
    `PhoneChanged`."""

    of: AgentSum

    @property
    def signed_in(self) -> float:
        """Seconds, whatever was done in them."""
        return self.busy + self.of.ready + self.of.ring_vain + self.of.other + self.away

    @property
    def busy(self) -> float:
        """Ringing that was answered, talk, hold and wrap-up."""
        return self.of.ring + self.of.talk + self.of.hold + self.of.wrap_up

    @property
    def away(self) -> float:
        """Not ready, whatever the reason."""
        return sum(self.of.paused.values())

    @property
    def occupancy(self) -> float | None:
        """busy / (busy + ready and idle); pauses are in neither."""
        return ratio(self.busy, self.busy + self.of.ready)

    @property
    def offers(self) -> int:
        return sum(self.of.offers.values())

    @property
    def answered(self) -> int:
        """Offers that the agent took. Source: `Connected`."""
        return self.of.offers.get("answered", 0)

    @property
    def rona_rate(self) -> float | None:
        """Offers that ended by no answer / offers."""
        return ratio(self.of.offers.get(NO_ANSWER, 0), self.offers)

    @property
    def aht(self) -> float | None:
        """(talk + hold + wrap-up) / handled."""
        return ratio(self.of.talk + self.of.hold + self.of.wrap_up, self.of.handled)
