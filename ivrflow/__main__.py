"""`python -m ivrflow`: the command line, where its script is not on the path."""

from ivrflow.cli import main

main()
