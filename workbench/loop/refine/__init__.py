"""Step 5, refine: a change is begun for confirmed issues, edited, committed to the app's git, or taken back."""
