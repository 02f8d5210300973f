"""What wrote the recorded files needs google-adk, which is not of this environment."""

collect_ignore = ["recorded"]
