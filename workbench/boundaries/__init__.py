"""The guarded doors: each way out of the store for text that strangers wrote is one function here."""
