"""Python source as text and syntax tree: what may be written otherwise, and code run so."""
