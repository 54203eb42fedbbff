"""Candlestick patterns."""
