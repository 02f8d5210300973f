"""The sample: its telemetry, its reviewers, its changes and their experiment, played through the whole loop."""
