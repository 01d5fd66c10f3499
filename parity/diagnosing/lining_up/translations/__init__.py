"""Translations of TensorFlow's operations to source for PyTorch, by kind.

Each takes the operands, the attributes, and what the operation returned, and gives one operand for
the result that is asked for. Attributes and their meaning: TensorFlow's `tf.raw_ops`.
"""

from parity.diagnosing.lining_up.translations.arrangement import ARRANGEMENT
from parity.diagnosing.lining_up.translations.elementwise import ELEMENTWISE
from parity.diagnosing.lining_up.translations.images import IMAGES
from parity.diagnosing.lining_up.translations.operation import Operation, Translation
from parity.diagnosing.lining_up.translations.places import PLACES
from parity.diagnosing.lining_up.translations.reductions import REDUCTIONS

__all__ = ["TRANSLATIONS", "Operation"]

TRANSLATIONS: dict[str, Translation] = {
    **ELEMENTWISE,
    **REDUCTIONS,
    **ARRANGEMENT,
    **PLACES,
    **IMAGES,
}
"""The translation of each kind of operation."""
