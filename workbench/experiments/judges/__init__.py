"""Judges: a model that says what an answer is worth, asked like any arm, and never told which arm the answer is of."""
