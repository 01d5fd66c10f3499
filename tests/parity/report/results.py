"""Results of a passing and of a failing output, and cases of them."""

from parity.checking.case_result import CaseResult
from parity.judging.verdict import Element, OutputResult, Verdict

GOOD = OutputResult(
    "y",
    Verdict.EQUIVALENT,
    "",
    (2, 3),
    (2, 3),
    "float32",
    "float32",
    2.0,
    1e-7,
    4e-16,
    1e-7,
    1e-7,
    6,
)
BAD = OutputResult(
    "y",
    Verdict.DIFFERENT,
    "float64 runs differ",
    (2, 3),
    (2, 3),
    "float32",
    "float32",
    2.0,
    0.5,
    float("inf"),
    1e-7,
    0.5,
    6,
    Element((1, 2), "0.5", "1.0", "float64"),
)


def case(mode: str, output: OutputResult) -> CaseResult:
    return CaseResult("layer", "default", mode, "drawn", output.verdict, (output,))
