"""What no reference covers of the momentum's indicators; the references are in `conformance.momentum`."""
