"""Step 4, prioritise: issues, the pain of each, and the one ranking."""
