"""Options that run a side in another Python interpreter, and what cannot be combined with them."""

from typing import TYPE_CHECKING, Annotated

import typer

from parity.errors import ParityError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console

    from parity.declaring.port import Port

ReferencePythonOption = Annotated[
    str | None,
    typer.Option(
        "--reference-python",
        metavar="PATH",
        help="Run the reference in this Python (3.8 or later, with its own numpy and TensorFlow; "
        "this project need not be installed there), for instance ../old/bin/python.",
    ),
]
CandidatePythonOption = Annotated[
    str | None,
    typer.Option("--candidate-python", metavar="PATH", help="The same for the candidate."),
]


def run_in(context: typer.Context, reference: str | None, candidate: str | None = None) -> None:
    """Run sides in these interpreters, if any is named, until the command ends.

    Raises UnavailableError if one cannot be started.
    """
    named = {"reference": reference, "candidate": candidate}
    if reference is None and candidate is None:
        return
    from parity.runners.remote.process import worker, workers_in

    context.with_resource(workers_in(reference, candidate))
    for role, path in named.items():
        if path is not None:
            worker(role)


def refuse_combined(python: str | None, role: str, others: "Mapping[str, object]") -> None:
    """Raise ParityError if the side of a role runs elsewhere and options need it here.

    `others` holds the values of these options by name; None and False stand for not given.
    """
    given = [name for name, value in others.items() if value is not None and value is not False]
    if python is not None and given:
        raise ParityError(
            f"{' and '.join(given)} cannot be combined with --{role}-python; leave out one of them"
        )


def refuse_own_code(port: "Port") -> None:
    """Raise ParityError for a port whose sides cannot run in the interpreters named for them.

    Only models that `models.port` names can be made elsewhere; other declarations build them here.
    """
    from parity.declaring.interpreters import ROLES, interpreter_of, remote_framework

    for role in ROLES:
        path = interpreter_of(role)
        for pair in port.pairs if path is not None else ():
            side = pair.reference if role == "reference" else pair.candidate
            if side.framework != remote_framework(role):
                raise ParityError(
                    f"the {role} of {pair.layer} is built by code of port {port.name}, which runs "
                    f"here and not in {path}; --{role}-python is for models that "
                    "parity.models.port names"
                )


def print_left_out(shown: "Console", candidate: str | None) -> None:
    """Print what a check does not look at where the candidate runs elsewhere; else nothing."""
    if candidate is not None:
        shown.print(
            "candidate in another Python: training mode and executed lines are not looked at",
            style="dim",
            soft_wrap=True,
        )
