"""The commands in the order of the loop: whoever reads the help sees what comes after what."""

from typing import Any

from typer.core import TyperGroup

STEPS = {
    "Begin": ("init", "demo", "next", "lab", "run", "report"),
    "1 Feed": ("ingest", "receive", "pull"),
    "2 Detect": ("detect", "train", "cluster"),
    "3 Review": ("review", "verdicts", "taxonomy", "agreement"),
    "4 Prioritise": ("backlog", "issue"),
    "5 Refine": ("change", "candidate"),
    "6 Validate": ("holdout", "experiment", "judge", "gate", "compare"),
    "7 Watch": ("watch",),
    "Any time": ("trace", "doctor", "compact", "erase", "retain", "redaction"),
}
"""Every command, by the step that it is of."""
_STEP_OF = {name: step for step, names in STEPS.items() for name in names}
_PLACE_OF = {name: place for place, name in enumerate(_STEP_OF)}


class InSteps(TyperGroup):
    """The program's commands, a panel of the help a step."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return their names in the order of the loop."""
        return sorted(super().list_commands(ctx), key=_PLACE_OF.__getitem__)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a command, in the panel of its step."""
        command: Any = super().get_command(ctx, cmd_name)
        if command is not None:
            command.rich_help_panel = _STEP_OF[cmd_name]
        return command
