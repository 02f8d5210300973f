"""What will be shown next is read while the present item is looked at, many traces in one scan."""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from workbench.widgets.desk import Read, Shown, Task

KEPT = 200
"""Items whose traces are held: an hour of review, some 50 kB each."""


class ReadAhead:
    """Reads what is shown of tasks, in a thread of its own where it can wait."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="review")
        self._coming: dict[int, tuple[Future[Sequence[Shown]], int]] = {}

    def get(self, task: Task) -> Shown:
        """Return what is shown of a task: as it was read ahead, else read now."""
        if task["place"] not in self._coming:
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
        reading = self._thread.submit(self._read, fresh)
        self._coming.update({task["place"]: (reading, at) for at, task in enumerate(fresh)})
        for place in list(self._coming)[:-KEPT]:
            del self._coming[place]

    def other(self, task: Task, *, trace_id: str) -> Shown:
        """Return what is shown of another trace in a task's stead."""
        instead = {**task, "kind": "trace", "target_id": trace_id}
        return self._thread.submit(self._read, [instead]).result()[0]
