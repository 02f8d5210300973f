"""Step 1, feed: files, a live receiver, files that still grow and running servers, each into the store."""
