"""Step 3, review: rounds are opened, judged and closed; verdicts come in and go out; issues move by them alone."""
