"""What is owed to callers stands in line for agents: promised calls, left messages."""
