"""Taking over the calls that are up: at the start, after each reconnect, every 30 s.

`adoption` is what happens, in its order; `needs` what it asks of others, and `parts`
who that is in a running service. `ended` has the calls that nobody will take over, and
`untold` the messages that they left.
"""

from ivrflow.service.adoption.adoption import Adoption
from ivrflow.service.adoption.needs import Start

__all__ = ["Adoption", "Start"]
