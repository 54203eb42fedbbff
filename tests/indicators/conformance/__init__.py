"""Our indicators beside references that others published or computed; see `cases`."""
