"""Binance spot: production, testnet, demo and our own sandbox, which speaks the same language."""

from thebot.exchange.binance.addresses import ADDRESSES, Addresses, addresses
from thebot.exchange.binance.rest import RestOptions
from thebot.exchange.binance.source import BinanceMarketSource
from thebot.exchange.binance.stream import BinanceStream, StreamOptions

__all__ = [
    "ADDRESSES",
    "Addresses",
    "BinanceMarketSource",
    "BinanceStream",
    "RestOptions",
    "StreamOptions",
    "addresses",
]
