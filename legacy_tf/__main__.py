"""`python -m legacy_tf`."""

from legacy_tf.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
