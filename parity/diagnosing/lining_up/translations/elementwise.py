"""Operations element by element."""

from functools import partial

from parity.diagnosing.lining_up.operands import Operand, UntranslatedError, fresh, number
from parity.diagnosing.lining_up.translations.operation import (
    Operation,
    Translation,
    as_tensor,
    is_number,
    joined,
)

_FUNCTIONAL = "torch.nn.functional"
_TEMPLATES = {
    **dict.fromkeys(("AddV2", "Add"), "({} + {})"),
    "Sub": "({} - {})",
    "Mul": "({} * {})",
    "RealDiv": "({} / {})",
    "FloorDiv": "({} // {})",
    "FloorMod": "torch.remainder({}, {})",
    "SquaredDifference": "({} - {}).square()",
    "Greater": "({} > {})",
    "GreaterEqual": "({} >= {})",
    "Less": "({} < {})",
    "LessEqual": "({} <= {})",
    "Equal": "({} == {})",
    "NotEqual": "({} != {})",
    "LogicalAnd": "({} & {})",
    "LogicalOr": "({} | {})",
    "LogicalNot": "(~{})",
    "Neg": "(-{})",
    "Reciprocal": "(1 / {})",
    "Inv": "(1 / {})",
    **dict.fromkeys(
        ("Identity", "StopGradient", "Snapshot", "PreventGradient", "CheckNumerics", "EnsureShape"),
        "{}",
    ),
    **{
        kind: f"torch.{name}({{}})"
        for kind, name in {
            **{"Relu": "relu", "Sigmoid": "sigmoid", "Tanh": "tanh", "Exp": "exp", "Log": "log"},
            **{"Log1p": "log1p", "Expm1": "expm1", "Sqrt": "sqrt", "Rsqrt": "rsqrt"},
            **{"Square": "square", "Abs": "abs", "Sign": "sign", "Floor": "floor", "Ceil": "ceil"},
            **{"Round": "round", "Rint": "round", "Erf": "erf", "Erfc": "erfc", "Sin": "sin"},
            **{"Cos": "cos", "Tan": "tan", "Asin": "asin", "Acos": "acos", "Atan": "atan"},
            **{"Sinh": "sinh", "Cosh": "cosh", "IsNan": "isnan", "IsInf": "isinf"},
            **{"IsFinite": "isfinite", "Lgamma": "lgamma", "Digamma": "digamma"},
        }.items()
    },
    **{
        kind: f"{_FUNCTIONAL}.{name}({{}})"
        for kind, name in {
            **{"Relu6": "relu6", "Elu": "elu", "Selu": "selu", "Softsign": "softsign"}
        }.items()
    },
    # Torch's own threshold, 20, leaves out more than float64's rounding.
    "Softplus": f"{_FUNCTIONAL}.softplus({{}}, threshold=40)",
}


def _from_template(template: str, operation: Operation) -> Operand:
    return joined(template, operation.operands, operation.shape)


def _of_tensors(template: str, operation: Operation) -> Operand:
    """Translate a function that takes no number as its first operand."""
    first, *others = operation.operands
    return joined(template, (as_tensor(first), *others), operation.shape)


def _arc(operation: Operation) -> Operand:
    both = [as_tensor(one) for one in operation.operands]
    return joined("torch.atan2({}, {})", both, operation.shape)


def _power(operation: Operation) -> Operand:
    base, exponent = operation.operands
    negative = is_number(base) and base.constant is not None and base.constant.ravel()[0] < 0
    template = "(({}) ** {})" if negative else "({} ** {})"
    return joined(template, (base, exponent), operation.shape)


def _divide(operation: Operation) -> Operand:
    """Translate the older division, which truncates whole numbers."""
    whole = operation.attributes.get("T") not in _FLOATING
    template = 'torch.div({}, {}, rounding_mode="trunc")' if whole else "({} / {})"
    return _of_tensors(template, operation)


def _divide_or_zero(operation: Operation) -> Operand:
    divisor = operation.operands[1]
    if is_number(divisor) and divisor.constant is not None and divisor.constant.ravel()[0] != 0:
        return joined("({} / {})", operation.operands, operation.shape)
    both = (operation.operands[0], as_tensor(divisor))
    return joined("({0} / {1}).masked_fill({1} == 0, 0)", both, operation.shape)


def _select(by_record: bool, operation: Operation) -> Operand:
    """Translate a choice; the older one takes a condition for each record as well."""
    condition, one, other = operation.operands
    rank = len(operation.shape)
    if by_record and len(condition.shape) == 1 < rank:
        text = f"{condition.plain}.view(-1{', 1' * (rank - 1)})"
        condition = fresh(text, (*condition.shape, *[1] * (rank - 1)))
    if is_number(one) and is_number(other):
        one = as_tensor(one)
    return joined("torch.where({}, {}, {})", (as_tensor(condition), one, other), operation.shape)


def _limit(name: str, operation: Operation) -> Operand:
    """Translate the larger or smaller of two: of a tensor and a number, as a limit."""
    numbers = [one for one in operation.operands if is_number(one)]
    if len(numbers) == 1:
        tensor = next(one for one in operation.operands if not is_number(one))
        limit = {"maximum": "min", "minimum": "max"}[name]
        return joined(f"{{}}.clamp({limit}={{}})", (tensor, numbers[0]), operation.shape)
    return joined(f"torch.{name}({{}}, {{}})", operation.operands, operation.shape)


def _clip(operation: Operation) -> Operand:
    return joined("{}.clamp({}, {})", operation.operands, operation.shape)


def _leaky_relu(operation: Operation) -> Operand:
    slope = number(float(operation.attributes["alpha"]))
    return joined(f"{_FUNCTIONAL}.leaky_relu({{}}, {slope})", operation.operands, operation.shape)


def _add_all(operation: Operation) -> Operand:
    return joined(f"({' + '.join(['{}'] * len(operation.operands))})", operation.operands,
                  operation.shape)  # fmt: skip


def _bias(operation: Operation) -> Operand:
    given, bias = operation.operands
    if operation.attributes.get("data_format") == "NCHW":
        raise UntranslatedError("a bias of channels first")
    if given.axes == tuple(range(len(given.axes))):
        return joined("({} + {})", (given, bias), operation.shape)
    # The bias is laid along the axis that is the last one in the reference.
    behind = len(given.axes) - 1 - given.axes[-1]
    along = f"{bias.plain}.view({', '.join(['-1', *['1'] * behind])})"
    return Operand(f"({given.text} + {along})", given.axes, operation.shape)


def _cast(operation: Operation) -> Operand:
    """Translate a cast: floating types stay, as the candidate's own dtype is its own choice."""
    source, target = (operation.attributes[name] for name in ("SrcT", "DstT"))
    given = operation.first
    if source == target or all(one in _FLOATING for one in (source, target)):
        return given
    if source in _WHOLE and target in _WHOLE:
        return given
    into = {_BOOLEAN: ".bool()", **dict.fromkeys(_WHOLE, ".long()"), **_NARROW}
    words = ".to({float})" if target in _FLOATING else into.get(target)
    if words is None:
        raise UntranslatedError("a cast to a dtype that torch lacks")
    return Operand(f"{given.text}{words}", given.axes, given.shape)


# The numbers of TensorFlow's DataType: float, double, half, bfloat16; int32 and int64.
_FLOATING, _BOOLEAN, _WHOLE = (1, 2, 19, 14), 10, (3, 9)
_NARROW = {4: ".to(torch.uint8)", 5: ".to(torch.int16)", 6: ".to(torch.int8)"}

ELEMENTWISE: dict[str, Translation] = {
    **{kind: partial(_from_template, template) for kind, template in _TEMPLATES.items()},
    "Div": _divide,
    "DivNoNan": _divide_or_zero,
    **dict.fromkeys(("Mod", "TruncateMod"), partial(_of_tensors, "torch.fmod({}, {})")),
    "Pow": _power,
    "Atan2": _arc,
    "Select": partial(_select, True),
    "SelectV2": partial(_select, False),
    "Maximum": partial(_limit, "maximum"),
    "Minimum": partial(_limit, "minimum"),
    "ClipByValue": _clip,
    "LeakyRelu": _leaky_relu,
    "AddN": _add_all,
    "BiasAdd": _bias,
    "Cast": _cast,
}
"""Translations of operations element by element, by kind."""
