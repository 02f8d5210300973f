"""The sample's app as the loop meets it: its repository, an arm that runs a version of it, and its metrics."""
