"""JSON Schemas of all files of a site, for editors.

An editor that knows a file's schema completes keys, shows what they mean, and marks a
misspelt one while it is typed. The schemas are made from the models that the loader
reads by, so they can't say anything else than the checker does; what needs a look at
more than one place (a target that leads nowhere, a value that may be unset) is left to
the checker.

They are draft-07, as editors understand no later one. Each choice is an `if` with its
`then`, never one `oneOf`: so an editor names the misspelt key, where it would else say
that nothing fits.
"""

from ivrflow.flow.schema.files import A_FLOW, DRAFT, TalkFile, globs, schemas
from ivrflow.flow.schema.names import Names, names_of

__all__ = ["A_FLOW", "DRAFT", "Names", "TalkFile", "globs", "names_of", "schemas"]
