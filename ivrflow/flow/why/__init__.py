"""Why a past call went as it did: every decision, with the line that made it."""
