"""Step 2, detect: detectors run over a window, what they find is grouped, and groups go on as issues."""
