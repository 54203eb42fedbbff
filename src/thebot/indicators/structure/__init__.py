"""Levels and zones that the market made: pivots, swings, support and resistance, gaps, order blocks."""
