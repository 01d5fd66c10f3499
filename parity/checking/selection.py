"""Selection of layers, configurations and modes to check."""

from dataclasses import dataclass
from fnmatch import fnmatchcase

from parity.declaring.port import Configuration, Pair, Port
from parity.errors import ParityError, unknown

MODES = ("isolated", "cascade")


@dataclass(frozen=True)
class Selection:
    """Layers, configurations and modes that the user selected; an empty tuple means all.

    With `details`, the places and sizes of errors are kept too, for pictures. `training` says
    whether layers are also compared in training mode: None if the port declares a training.
    """

    layers: tuple[str, ...] = ()
    configs: tuple[str, ...] = ()
    modes: tuple[str, ...] = MODES
    gradients: bool = False
    seed: int = 1
    details: bool = False
    training: bool | None = None

    def trains(self, port: Port) -> bool:
        """Return whether the port's layers are compared in training mode too."""
        asked = bool(port.trainings) if self.training is None else self.training
        return asked and "isolated" in self.modes


def select(port: Port, selection: Selection) -> list[tuple[Pair, Configuration]]:
    """Return the selected pairs and configurations, in the port's order.

    Configurations may contain wildcards. Raises ParityError, with the nearest names, for a layer or
    a configuration that does not exist, and for a layer without any of the named configurations.
    """
    if not port.pairs:
        raise ParityError(
            f"port {port.name} declares trainings and no pairs: there is nothing to check; "
            "run parity train, or declare pairs=(parity.Pair(...),)"
        )
    pairs = [port.pair(layer) for layer in selection.layers] or list(port.pairs)
    pairs = [pair for pair in port.pairs if pair in pairs]
    known = list(dict.fromkeys(config.name for pair in pairs for config in pair.configs))
    for pattern in selection.configs:
        if not any(fnmatchcase(name, pattern) for name in known):
            raise unknown("configuration", pattern, known)
    chosen = [
        (pair, config)
        for pair in pairs
        for config in pair.configs
        if not selection.configs or any(fnmatchcase(config.name, p) for p in selection.configs)
    ]
    for layer in selection.layers:
        if not any(pair.layer == layer for pair, _ in chosen):
            wanted = " or ".join(selection.configs)
            own = ", ".join(config.name for config in port.pair(layer).configs)
            raise ParityError(f"layer '{layer}' has no configuration {wanted}; it has {own}")
    return chosen
