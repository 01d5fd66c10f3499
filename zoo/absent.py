"""Packages that are not installed, but imported by packages that are tried here.

torchvision cannot be installed beside this project's torch, and what is tried uses nothing of it.
"""

import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any


def stand_in(*packages: str) -> None:
    """Let these packages be imported, with an empty class for each of their names.

    A package that is installed is imported as usual.
    """
    sys.meta_path.append(_Finder(packages))


class _Empty(type):
    """Type of classes in which any name is another such class."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Empty(name, (), {})


class _Module(ModuleType):
    """Module in which any name is an empty class."""

    __version__ = "0.0"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        made = _Empty(name, (), {})
        setattr(self, name, made)
        return made


class _Finder(MetaPathFinder, Loader):
    """Finder of the packages that stand in for absent ones, and their loader."""

    def __init__(self, packages: Sequence[str]) -> None:
        self._packages = packages

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the specification of a module of these packages; None for any other."""
        inside = fullname.partition(".")[0] in self._packages
        return ModuleSpec(fullname, self, is_package=True) if inside else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Return a module of empty classes."""
        return _Module(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Execute nothing."""
