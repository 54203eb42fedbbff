"""Other libraries in an environment of their own: they pin versions that differ from ours."""
