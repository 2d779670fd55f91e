"""The HTTP interface for agents and supervisors."""
