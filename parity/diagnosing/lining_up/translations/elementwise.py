"""Operations element by element."""

from functools import partial

from parity.diagnosing.lining_up.operands import Operand, UntranslatedError, number
from parity.diagnosing.lining_up.translations.operation import (
    Operation,
    Translation,
    is_number,
    joined,
)

_FUNCTIONAL = "torch.nn.functional"
_TEMPLATES = {
    **dict.fromkeys(("AddV2", "Add"), "({} + {})"),
    "Sub": "({} - {})",
    "Mul": "({} * {})",
    **dict.fromkeys(("RealDiv", "Div"), "({} / {})"),
    "FloorDiv": "({} // {})",
    "FloorMod": "torch.remainder({}, {})",
    **dict.fromkeys(("Mod", "TruncateMod"), "torch.fmod({}, {})"),
    "Pow": "({} ** {})",
    "SquaredDifference": "({} - {}).square()",
    "Greater": "({} > {})",
    "GreaterEqual": "({} >= {})",
    "Less": "({} < {})",
    "LessEqual": "({} <= {})",
    "Equal": "({} == {})",
    "NotEqual": "({} != {})",
    "LogicalAnd": "({} & {})",
    "LogicalOr": "({} | {})",
    "LogicalNot": "~{}",
    "Neg": "(-{})",
    "Reciprocal": "(1 / {})",
    "Inv": "(1 / {})",
    **dict.fromkeys(("Select", "SelectV2"), "torch.where({}, {}, {})"),
    "Atan2": "torch.atan2({}, {})",
    "DivNoNan": "torch.nan_to_num({0} / {1}, 0.0, 0.0, 0.0)",
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
            **{"Relu6": "relu6", "Elu": "elu", "Selu": "selu", "Softplus": "softplus"},
            "Softsign": "softsign",
        }.items()
    },
}


def _from_template(template: str, operation: Operation) -> Operand:
    return joined(template, operation.operands, operation.shape)


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
    # The numbers are those of TensorFlow's DataType: float, double, half, bfloat16; bool.
    types = (operation.attributes[name] for name in ("SrcT", "DstT"))
    source, target = (_FAMILIES.get(one, "integer") for one in types)
    if source == target:
        return operation.first
    into = {"floating": ".to({float})", "boolean": ".bool()", "integer": ".long()"}[target]
    given = operation.first
    return Operand(f"{given.text}{into}", given.axes, given.shape)


_FAMILIES = {**dict.fromkeys((1, 2, 19, 14), "floating"), 10: "boolean"}

ELEMENTWISE: dict[str, Translation] = {
    **{kind: partial(_from_template, template) for kind, template in _TEMPLATES.items()},
    "Maximum": partial(_limit, "maximum"),
    "Minimum": partial(_limit, "minimum"),
    "ClipByValue": _clip,
    "LeakyRelu": _leaky_relu,
    "AddN": _add_all,
    "BiasAdd": _bias,
    "Cast": _cast,
}
"""Translations of operations element by element, by kind."""
