"""Measures of volatility where no reference covers them."""
