"""Cache of the runs that candidates of one case share."""

from dataclasses import replace

from parity.arrays import Arrays
from parity.checking.constant_runs import AS_THEY_ARE, ROLES, Held, Role
from parity.declaring.constants import ConstantChanges
from parity.declaring.port import Built, Pair, Side
from parity.declaring.trace import Task, Trace
from parity.declaring.weight import Options
from parity.errors import ParityError, SideFailedError, describe
from parity.known_bugs.options import read_options
from parity.runners.side import run_side

MAX_BYTES = 1 << 30

_Key = tuple[tuple[str, ...], str, str, tuple[str, ...] | None]


class RunCache:
    """Runs of one case, each done once for all candidates that are diagnosed.

    The reference's runs do not depend on the candidate. Candidates that are built and fed exactly
    as `shared` is, and differ only in how their outputs are changed (`Side.after`), share its runs
    as well.

    Args:
        shared: the candidate whose runs others share.
        held: how the float64 runs of reference and candidate hold their constants.
    """

    def __init__(
        self, shared: Side | None = None, held: tuple[Held, Held] = (AS_THEY_ARE, AS_THEY_ARE)
    ) -> None:
        self._shared, self._held = shared, dict(zip(ROLES, held, strict=True))
        self._references: dict[_Key, Arrays | None] = {}
        self._candidates: dict[_Key, Trace] = {}
        self._built: dict[tuple[int, str, str], tuple[object, Built]] = {}
        self._bytes = 0
        self._options_read: frozenset[str] | None = None

    def run_reference(
        self,
        pair: Pair,
        task: Task,
        assumed: tuple[str, ...] = (),
        variant: str = "",
        dtype: str = "float64",
    ) -> Arrays | None:
        """Return the outputs and gradients of the pair's reference; None if it does not run.

        Args:
            pair: the pair, with the assumed known bugs in its reference.
            task: what to run.
            assumed: the names of those bugs. Without any, a reference that does not run raises
                ParityError.
            variant: a name for the task among the tasks of this case.
            dtype: the dtype of the run.
        """
        key = (assumed, variant, dtype, task.differentiate)
        if key in self._references:
            return self._references[key]
        try:
            made = replace(pair, reference=self._made_once(pair.reference, task))
            arrays = self._run(made, "reference", task, dtype).named()
        except (ParityError, ValueError, KeyError):
            if not assumed:
                raise
            arrays = None
        if self._has_room(arrays or {}):
            self._references[key] = arrays
        return arrays

    def changes(self, role: Role, dtype: str) -> ConstantChanges | None:
        """Return the changes of a side's constants that its runs in a dtype are to make."""
        return self._held[role].changes() if dtype == "float64" else None

    def _run(self, pair: Pair, role: Role, task: Task, dtype: str) -> Trace:
        return run_side(pair, role, task, dtype, self.changes(role, dtype))

    def _made_once(self, side: Side, task: Task) -> Side:
        """Return the side so that it is built once for each dtype, which takes TensorFlow longest.

        Its weights are assigned before every run. In training it has a state, and is built anew.
        """
        if side.framework != "tensorflow" or task.training is not None:
            return side

        def build(options: Options, dtype: str) -> Built:
            key = (id(side.build), repr(options), dtype)
            if key not in self._built:
                # The factory is kept, so that its number stays its own.
                self._built[key] = (side.build, side.build(options, dtype))
            return self._built[key][1]

        return replace(side, build=build)

    def run_candidate(
        self,
        pair: Pair,
        original: Side,
        task: Task,
        changes: tuple[str, ...],
        variant: str,
        dtype: str = "float64",
    ) -> Arrays:
        """Return the outputs and gradients of the pair's candidate, in float64 unless stated.

        `original` is the candidate before its operations were changed, `changes` names the changes,
        and `variant` is as in `run_reference`. Raises ParityError if the candidate does not run.
        """
        if self._shared is None or original.build is not self._shared.build or original.before:
            return self._run(pair, "candidate", task, dtype).named()
        key = (changes, variant, dtype, task.differentiate)
        after = pair.candidate.after
        trace = self._candidates.get(key)
        if trace is None:
            unchanged = replace(pair, candidate=replace(pair.candidate, after=None))
            trace = self._run(unchanged, "candidate", task, dtype)
            if self._has_room(trace.named()):
                self._candidates[key] = trace
        if after is None:
            return trace.named()
        try:
            outputs = after(dict(trace.outputs), task)
        except Exception as error:
            raise SideFailedError(f"the candidate failed in {dtype}: {describe(error)}") from error
        return replace(trace, outputs=outputs).named()

    def options_read_by_reference(self, pair: Pair, task: Task) -> frozenset[str]:
        """Return the options that the pair's reference reads."""
        if self._options_read is None:
            self._options_read = read_options(pair, task, "reference")
        return self._options_read

    def _has_room(self, arrays: Arrays) -> bool:
        size = sum(array.nbytes for array in arrays.values())
        if self._bytes + size > MAX_BYTES:
            return False
        self._bytes += size
        return True
