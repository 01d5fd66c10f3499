"""Places of a candidate's calls in its source, and edits that write a repair there."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Place:
    """Expression in a file of the candidate's.

    Lines count from 1; columns count bytes of UTF-8 from 0, as in `ast`, and are -1 where Python
    was told to keep none.
    """

    file: str
    line: int
    end_line: int
    column: int = -1
    end_column: int = -1

    def __str__(self) -> str:
        """Return file and line, the file relative to the current folder if it is within."""
        return f"{display(self.file)}:{self.line}"


def display(file: str) -> str:
    """Return a file's path relative to the current folder if it is within, else whole."""
    path, here = Path(file).absolute(), Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


@dataclass(frozen=True)
class Written:
    """Places in the source at which one call of a function of the framework is written.

    Args:
        called: the expression in the candidate's own file that makes the call, or calls the module
            that makes it; None if the candidate's code is not involved.
        made: the expression that constructs that module; None for a call of a function.
        module: the name of the module's class; "" for a call of a function.
        constructor: the names of the arguments of the module's constructor.
        parameters: the names of the function's arguments; the first is the input.
        method: whether the function is called as a method of its input.
        reflected: whether the input is the right operand of an operator.
        listed: whether the module is in a sequence, and made where that is listed.
        path: the path of the module within the outermost one.
        behind: how many modules follow it in its sequence.
        first, last: whether what goes into or comes out of the call is what goes into or comes out
            of `called`; false within a container.
    """

    called: Place | None
    made: Place | None = None
    module: str = ""
    constructor: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    method: bool = False
    reflected: bool = False
    listed: bool = False
    path: str = ""
    behind: int = 0
    first: bool = True
    last: bool = True


@dataclass(frozen=True)
class Edit:
    """Repair of a call in its source.

    Templates name functions by their whole path, such as `torch.nn.functional.pad`, and contain
    `{input}`, the source of the call's input, or `{call}`, that of the call.

    Args:
        arguments: new values by name; `{}` within stands for the present one.
        before: a template that takes the place of the input.
        after: a template that takes the place of the call, as changed otherwise.
        function: a template that takes the place of the call of a function.
        module: the source of a module that takes the place of the one constructed.
        following: the source of a module that does what `after` does.
        renamed: the name of another function or method with the same arguments.
        module_renamed: the name of another class with the same arguments.
        order: the order in which the parts of the result, or of the argument `tensors`, should be.
        operator: the sign of another operator.
        kept: "left" or "right": the only operand that stays.
        indices: other parts of an index, by place.
        given: the source of what takes the place of the call's input.
        factors: two places in a sum of two products, counted from 0, whose factors change places.
        whole: a template, with `{input}` and `{other}`, the second operand, that takes the place of
            the whole call.
        into: "left" or "right": the operand that is a call, whose input the operation is applied to
            instead.
        out: whether the operation that makes the call's input is applied to its result.
        exchanged: two sizes among the arguments, counted from the last as 1, that change places.
    """

    arguments: tuple[tuple[str, str], ...] = ()
    before: str = ""
    after: str = ""
    function: str = ""
    module: str = ""
    following: str = ""
    renamed: str = ""
    module_renamed: str = ""
    order: tuple[int, ...] = ()
    operator: str = ""
    kept: str = ""
    indices: tuple[tuple[int, str], ...] = ()
    given: str = ""
    factors: tuple[int, int] | None = None
    exchanged: tuple[int, int] | None = None
    whole: str = ""
    into: str = ""
    out: bool = False

    @property
    def rank(self) -> int:
        """Return 0 for a change of arguments alone, more for what changes the code further."""
        if self.before or self.after or self.exchanged or self.into or self.out:
            return 2
        return int(not self.arguments)
