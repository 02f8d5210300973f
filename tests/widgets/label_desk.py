"""A desk for answers to score that keeps what it was given in a list."""

from collections.abc import Sequence
from typing import Any

from workbench.errors import ConfigError


class Desk:
    """Keeps scores, or refuses."""

    def __init__(
        self, answers: Sequence[str] = ("One.", "Two.", "Three."), *, high: int = 1, refuses: str = ""
    ) -> None:
        self.answers, self.high, self.refuses = answers, high, refuses
        self.criterion = "The answer names its court."
        self.said: list[tuple[int, int]] = []

    def about(self) -> dict[str, Any]:
        n = len(self.answers)
        return {"experiment_id": "exp_1", "annotator": "ann", "n_items": n, "n_scored": len(dict(self.said))}

    def take(self, place: int) -> dict[str, Any]:
        return {
            "place": place,
            "metric": "court",
            "criterion": self.criterion,
            "low": 0,
            "high": self.high,
            "texts": [("question", f"Which court? {self.answers[place]}")],
            "answer": self.answers[place],
            "own": dict(self.said).get(place),
        }

    def next_place(self, after: int = -1) -> int | None:
        n = len(self.answers)
        left = [(after + step) % n for step in range(1, n + 1)]
        return next((place for place in left if place not in dict(self.said)), None)

    def score(self, place: int, score: int) -> None:
        if self.refuses:
            raise ConfigError(self.refuses)
        self.said.append((place, score))
