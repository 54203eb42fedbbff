"""The sandbox: an exchange as a process of its own, speaking Binance's REST and WebSocket market data.

listings, bars, paths          what is traded; candles in whole ticks and steps; the trades inside a candle
simulator | replay, reading    the two sources of base candles (replay reads its files in a child process)
intervals, history, tickers    everything else follows: other timeframes, forming candles, 24 h figures
market, book, exchange         what is live: trades as they fall due, events, the order book
wire, hub, control, websocket  frames, who listens to what, SUBSCRIBE and friends, connections
parameters, limits, rest, faults, server
"""
