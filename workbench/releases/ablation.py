"""A candidate without one of its changes, once for each: what that change does is what is missing without it.

Of changes that travel together an experiment tells what they do together. Which of them did it is told by leaving each
out in turn, which takes as many commits as there are changes, and not one for each of their combinations.
"""

from collections.abc import Callable, Mapping

from workbench.boundaries.git_objects import Objects
from workbench.records import Ablation
from workbench.releases.merge import Signed, merge


def leave_one_out(
    objects: Objects, commits: Mapping[str, str], *, base: str, message: Callable[[str], str], signed: Signed
) -> tuple[Ablation, ...]:
    """Return the merged commit of all changes but one, for each of them; none where there is one change alone.

    Parameters as of `merge`, but for `message`: what the commit says, of the change that is left out.
    """
    if len(commits) < 2:
        return ()
    found = []
    for without in sorted(commits):
        others = {change: commit for change, commit in commits.items() if change != without}
        made = merge(objects, others, base=base, message=message(without), signed=signed)
        found.append(Ablation(without, made.commit))
    return tuple(found)
