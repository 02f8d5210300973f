"""The workbench that closes the feedback-to-refinement loop of a live LLM app.

`workbench.loop` has the steps, the stage packages have the methods, the notebooks show the results.
"""

__version__ = "0.1.0"
