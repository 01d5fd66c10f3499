"""What was found out about a failing case: where it first differs, and what explains it."""

from dataclasses import dataclass

from parity.declaring.known_bug import KnownBug


@dataclass(frozen=True)
class Suspect:
    """One mistake, or two together, and the largest error that is left when they are supposed.

    The error is that of the float64 runs, relative to the scale of each output. `because` is the
    evidence where it is another than that.
    """

    known_bugs: tuple[KnownBug, ...]
    after: float
    because: str = ""

    @property
    def name(self) -> str:
        """The mistakes in words."""
        return " and ".join(mistake.name for mistake in self.known_bugs)


@dataclass(frozen=True)
class Diagnosis:
    """What was found out about one failing case.

    Args:
        layer: the pair.
        config: the configuration.
        intermediate: the first output, in the reference's order, that differs.
        agreeing: the outputs before it.
        before: the largest error of the float64 runs, relative to the scale of each output.
        suspects: what explains all of it, simplest first; empty if nothing does.
        tried: how many mistakes were tried.
        pattern: what the first output that differs is of the reference's, where that is simple.
        failure: what the candidate says where it raises on the inputs given.
        tamed: whether it was asked on inputs of 0 and 1 instead, as it raises on those given.
        borne_out: whether what explains it does so on the same records in another order too.
    """

    layer: str
    config: str
    intermediate: str | None
    agreeing: tuple[str, ...]
    before: float
    suspects: tuple[Suspect, ...]
    tried: int
    pattern: str = ""
    failure: str = ""
    tamed: bool = False
    borne_out: bool = True

    @property
    def certain(self) -> bool:
        """Whether one thing explains it, and one alone, wherever it was asked.

        On inputs of 0 and 1 too much comes to the same: what nothing but these tells is never sure.
        """
        if len(self.suspects) != 1 or not self.borne_out:
            return False
        return not self.tamed or bool(self.suspects[0].because)
