"""What live traffic tells of an experiment: who was exposed to which version, what they did, and its values by user."""
