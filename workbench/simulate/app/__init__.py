"""The sample app, which runs on its files: prompts, tools, guardrails and settings, in their versions."""

from workbench.simulate.app.response import Response
from workbench.simulate.app.sample_app import SampleApp
from workbench.simulate.app.versions import CANARY, PRODUCTION, ExampleChange, Version, example_changes, versions

__all__ = [
    "CANARY",
    "PRODUCTION",
    "ExampleChange",
    "Response",
    "SampleApp",
    "Version",
    "example_changes",
    "versions",
]
