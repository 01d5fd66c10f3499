"""Runs `gmvp` in a process of its own, killed at a chosen place if the job says so.

Run by `runpy.run_path` with `job` among its globals; see conftest.py.
"""

import multiprocessing
import os
import pkgutil
import resource
import signal
import sys
from pathlib import Path
from unittest.mock import patch


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def counted(target, number, about, when):
    """Patch a function so that its n-th call whose arguments mention `about` kills the process."""
    module, _, name = target.partition(":")
    *owner, name = name.split(".")
    holder = pkgutil.resolve_name(f"{module}:{'.'.join(owner)}" if owner else module)
    original = getattr(holder, name)
    calls = 0

    def called(*arguments, **options):
        nonlocal calls
        calls += about in str(arguments)
        mine = about in str(arguments) and calls == number
        if mine and when == "before":
            die()
        if mine and when == "half":
            path, content = arguments
            with open(path, "wb") as file:
                file.write(content[: len(content) // 2])
            die()
        if mine and when in ("SIGTERM", "SIGINT"):
            os.kill(os.getpid(), signal.Signals[when])
        if mine and when == "readers die":
            for reader in multiprocessing.active_children():
                reader.kill()
        if mine and when == "sleep":
            signal.pause()
        result = original(*arguments, **options)
        if mine and when == "infinite":
            result = result * float("inf")
        if mine and when == "after":
            die()
        return result

    patch.object(holder, name, called).start()


def run(job):
    os.environ.update(job["environment"])
    for stream, path in ((1, job["stdout"]), (2, job["stderr"])):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND), stream)
    if job["file_size"]:
        resource.setrlimit(resource.RLIMIT_FSIZE, (job["file_size"],) * 2)
    import torch

    import pt_gmvp.cli

    torch.set_num_threads(1)
    for place in job["places"]:
        counted(*place)
    Path(job["stdout"]).with_suffix(".pid").write_text(str(os.getpid()))
    sys.argv = ["gmvp", *job["arguments"]]
    pt_gmvp.cli.main()


run(globals()["job"])
