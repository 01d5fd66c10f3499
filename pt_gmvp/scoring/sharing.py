"""Who scores what: transcripts shared out among processes by their length."""

import heapq
from collections.abc import Sequence

from pt_gmvp.scoring.transcripts import Task


def share(tasks: Sequence[Task], size: int) -> list[list[Task]]:
    """Share tasks among `size` processes, the longest first, each to who has the least by then.

    The heaviest share is at most 4/3 of what the best sharing has (doi:10.1137/0117039), and each
    share begins with its longest transcript: what needs most memory, or fails for want of it, does
    so at once and not after hours. Which share a task falls to depends on the tasks alone.
    """
    shares: list[list[Task]] = [[] for _ in range(size)]
    loads = [(0, rank) for rank in range(size)]
    for task in sorted(tasks, key=lambda task: (-task.residues, task.transcript)):
        load, rank = loads[0]
        shares[rank].append(task)
        heapq.heapreplace(loads, (load + task.residues, rank))
    return shares
