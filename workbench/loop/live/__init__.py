"""Live traffic: an experiment whose arms are users of the app itself, from what the store has of them to each look."""
