"""Findings that look alike come together: embed, partition, describe, match to earlier runs."""
