"""Metrics at work: what scores an answer, by a rule, a judge or a detector, and in which version of that."""
