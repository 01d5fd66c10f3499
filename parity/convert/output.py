"""Output of a conversion: the format by the file's name, written whole, and read back."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from parity import files
from parity.arrays import Arrays
from parity.convert.conversion import differing, read_candidate, read_reference
from parity.declaring.frameworks import weight_files_module
from parity.declaring.port import Port
from parity.errors import ParityError
from parity.weight_files.named_arrays import INDEX, write_npz, write_safetensors

Target = Literal["torch", "tensorflow"]
_TORCH = (".safetensors", ".pt", ".pth", ".bin")
_TENSORFLOW = (".weights.h5", ".h5", ".keras", ".npz", ".safetensors")


@dataclass(frozen=True)
class Output:
    """File to write, and which side's weights it will hold."""

    path: Path
    side: Target

    @classmethod
    def of(cls, name: str, side: Target | None) -> "Output":
        """Return the output of that name; raise ParityError if no format has its ending."""
        path = Path(name)
        to_torch, to_tensorflow = name.endswith(_TORCH), name.endswith(_TENSORFLOW)
        chosen: Target = side or ("torch" if to_torch else "tensorflow")
        if not (to_torch if chosen == "torch" else to_tensorflow):
            known = _TORCH if side == "torch" else _TENSORFLOW if side else (*_TORCH, *_TENSORFLOW)
            raise ParityError(
                f"cannot write {name}: expected a name that ends in "
                f"{', '.join(dict.fromkeys(known))}"
            )
        return cls(path, chosen)

    def refuse_unwritable(self, replace: bool) -> None:
        """Raise ParityError if the file exists, unless it may be replaced, or cannot be written."""
        for path in (self.path, self._index):
            if path.exists() and not replace:
                raise ParityError(f"{path} already exists; name another file, or give --force")
        files.refuse_unwritable(str(self.path))

    def write_state(self, state: Arrays, shard_bytes: int) -> list[Path]:
        """Write a state dict of the candidate, and read it back; return the files.

        Raises OSError if it cannot be written, ParityError if other bits are read back.
        """
        if self.path.suffix == ".safetensors":
            written = write_safetensors(self.path, state, shard_bytes)
            self._remove_others(written)
        else:
            weight_files_module("torch").write_state(self.path, state)
            written = [self.path]
        self._compare(state, read_candidate(written[-1]))
        return written

    def write_reference(self, port: Port, canonical: Arrays) -> list[Path]:
        """Write weights of the reference, and read them back; return the file, as a list."""
        if port.weight_files is not None:
            port.weight_files.write(self.path, canonical)
        elif self.path.suffix == ".npz":
            write_npz(self.path, canonical)
        elif self.path.suffix == ".safetensors":
            write_safetensors(self.path, canonical)
        else:
            raise ParityError(
                f"port {port.name} does not say how to write {self.path}; name a file .npz"
            )
        self._compare(canonical, read_reference(port, str(self.path)))
        return [self.path]

    @property
    def _index(self) -> Path:
        return self.path.with_name(self.path.name.removesuffix(".safetensors") + INDEX)

    def _remove_others(self, written: Sequence[Path]) -> None:
        """Remove a file or index that would be read instead of what was just written."""
        for path in (self.path, self._index):
            if path not in written:
                path.unlink(missing_ok=True)

    def _compare(self, meant: Arrays, read: Arrays) -> None:
        if wrong := differing(meant, read):
            raise ParityError(
                f"{self.path} was written, but '{wrong[0]}' and {len(wrong) - 1} more tensors are "
                "read back with other bits; do not use it"
            )
