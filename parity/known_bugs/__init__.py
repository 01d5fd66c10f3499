"""Known mistakes of ports: how each is made, so that it can be planted, and recognised."""
