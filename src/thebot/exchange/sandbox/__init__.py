"""The sandbox: an exchange as a process of its own, speaking Binance's REST and WebSocket market data.

listings, bars, paths          what is traded; candles in whole ticks and steps; the trades inside a candle
anchors, universe, simulator   one source of base candles: simulated markets
timeline, counted, trade_files, reading, replay
                               the other: files, which a child process reads
intervals, history, tickers    everything else follows: other timeframes, forming candles, 24 h figures
market, book, exchange         what is live: trades as they fall due, events, the order book
differences                    of the order book, so that a local copy stays true
wire, hub, control             frames, who listens to what, SUBSCRIBE and friends
parameters, limits, rest, tape what is asked for, how much may be asked, the answers, past trades
keepalive, connection          what every WebSocket connection has; on it stand
streams, api_socket            the market streams and the WebSocket API
faults, trouble, answers       failures to order, their doing, and answers that are no data
server, process                the one origin, and the process around it
"""
