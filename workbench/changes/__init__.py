"""Changes: versioned edits of an app's prompts, tools, guardrails and settings, made for confirmed issues."""
