"""The values that an input of a layer may take. Kept under this name for users' files."""

from parity.declaring.domains import (
    Domain,
    derived,
    domains,
)

__all__ = [
    "Domain",
    "derived",
    "domains",
]
