"""What will be shown next is read while the present item is looked at, many traces in one scan."""

import json
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NamedTuple

from workbench.ids import digest
from workbench.widgets.desk import Read, Shown, Task
from workbench.widgets.shown import everything

KEPT = 200
"""Items whose traces are held: an hour of review, some 50 kB each."""


class Ready(NamedTuple):
    """What is shown of a task, as it goes to the browser."""

    shown: Shown
    """As it was read."""
    said: dict[str, Any]
    """Its hidden characters marked; without the map."""
    seen: str
    """Digest of the task and of `said`."""


def ready(task: Task, shown: Shown) -> Ready:
    """Return what is shown of a task, made ready."""
    said = {name: everything(value) for name, value in shown.items() if name != "map"}
    about = {name: task.get(name) for name in ("place", "kind", "cluster_id", "target_id")}
    return Ready(shown, said, digest(json.dumps([about, said], sort_keys=True)))


class ReadAhead:
    """Reads what is shown of tasks, in a thread of its own where it can wait."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="review")
        self._coming: dict[int, tuple[Future[list[Ready]], int]] = {}

    def get(self, task: Task) -> Ready:
        """Return what is shown of a task: as it was read ahead, else read now."""
        if not self.is_ready(task):
            self.prepare([task])
        reading, at = self._coming[task["place"]]
        try:
            return reading.result()[at]
        except Exception:
            del self._coming[task["place"]]  # what failed once is read anew when it is asked for again
            raise

    def is_ready(self, task: Task) -> bool:
        """Tell whether a task is read, or being read."""
        return task["place"] in self._coming

    def prepare(self, tasks: Sequence[Task]) -> None:
        """Begin to read those of the tasks that were not read yet, in one scan."""
        fresh = [task for task in tasks if not self.is_ready(task)]
        if not fresh:
            return
        reading = self._thread.submit(self._made_ready, fresh)
        self._coming.update({task["place"]: (reading, at) for at, task in enumerate(fresh)})
        for place in list(self._coming)[:-KEPT]:
            del self._coming[place]

    def forget(self) -> None:
        """Let go of all that was read: some of it may be gone from where it was read."""
        self._coming.clear()

    def other(self, task: Task, *, trace_id: str) -> Ready:
        """Return what is shown of another trace in a task's stead."""
        instead = {**task, "kind": "trace", "target_id": trace_id}
        return self._thread.submit(self._made_ready, [instead]).result()[0]

    def _made_ready(self, tasks: Sequence[Task]) -> list[Ready]:
        return [ready(task, shown) for task, shown in zip(tasks, self._read(tasks), strict=True)]
