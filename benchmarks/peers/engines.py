"""Runs in the engines' environment, without THEBOT: backtests by vectorbt, backtesting.py, backtrader and
nautilus_trader on request, each written as its users write it.

A request is a JSON line {"engine", "job", "candles", ...}; the answer {"seconds", "trades", "final"}, where
final is the last equity over the first. Jobs: "sma" (10 against 30), "rsi" (14, in above 30, out below 70),
"stops" ("sma" with a stop 0.3 % below the entry and a target 0.6 % above), "sweep" (pairs of averages).
All buy with all the cash at the next open, at a fee of 0.1 % each way, without slippage.
"""
# ruff: noqa: ANN001, ANN201, ANN202, ANN204  (an environment of its own)

import json
import os
import resource
import sys
import time

import numpy as np
import pandas as pd

FEE = 0.001
market = np.load(sys.argv[1])


def frame(count):
    index = pd.to_datetime(market["open_time"][:count], unit="ms", utc=True)
    names = ("open", "high", "low", "close", "volume")
    return pd.DataFrame({name: market[name][:count] for name in names}, index=index)


def rsi(close, period=14):
    change = close.diff()
    gain, loss = (
        side.ewm(alpha=1 / period, adjust=False, min_periods=period).mean()
        for side in (change.clip(lower=0), -change.clip(upper=0))
    )
    return 100 * gain / (gain + loss)


def crossed(left, right):
    """Where `left` came above `right`."""
    above = left > right
    return above & ~above.shift(1, fill_value=False) & left.shift(1).notna() & right.shift(1).notna()


def signals(job, bars):
    close = bars["close"]
    if job == "rsi":
        value = rsi(close)
        return crossed(value, pd.Series(30.0, close.index)), crossed(pd.Series(70.0, close.index), value)
    fast, slow = close.rolling(10).mean(), close.rolling(30).mean()
    return crossed(fast, slow), crossed(slow, fast)


def by_vectorbt(job, count):
    import vectorbt as vbt

    bars = frame(count)
    began = time.perf_counter()
    close = bars["close"]
    if job == "rsi":
        entries, exits = signals(job, bars)  # its own RSI smooths otherwise than Wilder's
    else:
        fast, slow = vbt.MA.run(close, 10), vbt.MA.run(close, 30)
        entries, exits = fast.ma_crossed_above(slow), fast.ma_crossed_below(slow)
    stops = {"sl_stop": 0.003, "tp_stop": 0.006} if job == "stops" else {}
    portfolio = vbt.Portfolio.from_signals(
        close, entries.vbt.fshift(1), exits.vbt.fshift(1), price=bars["open"], open=bars["open"],
        high=bars["high"], low=bars["low"], fees=FEE, init_cash=10_000.0, freq="1min", **stops,
    )  # fmt: skip
    trades, final = len(portfolio.trades.records), float(portfolio.final_value())
    return time.perf_counter() - began, trades, final / 10_000.0


def by_vectorbt_sweep(pairs, count, at_once):
    import vectorbt as vbt

    bars = frame(count)
    began = time.perf_counter()
    best = -np.inf
    for first in range(0, len(pairs), at_once):
        part = pairs[first : first + at_once]
        fast = vbt.MA.run(bars["close"], [pair[0] for pair in part], short_name="fast")
        slow = vbt.MA.run(bars["close"], [pair[1] for pair in part], short_name="slow")
        portfolio = vbt.Portfolio.from_signals(
            bars["close"], fast.ma_crossed_above(slow).vbt.fshift(1),
            fast.ma_crossed_below(slow).vbt.fshift(1),
            price=bars["open"], fees=FEE, init_cash=10_000.0, freq="1min",
        )  # fmt: skip
        best = max(best, float(portfolio.sharpe_ratio().max()))
    return time.perf_counter() - began, len(pairs), best


def by_backtesting(job, count):
    from backtesting import Backtest, Strategy

    bars = frame(count).rename(columns=str.capitalize)
    cash = 1e12  # whole units only: so much that they hardly matter

    class Rule(Strategy):
        def init(self):
            # as signals: its own crossover() in next() is no quicker
            close = pd.Series(self.data.Close, index=self.data.index)
            enter, leave = signals(job, pd.DataFrame({"close": close}))
            self.enter, self.leave = self.I(lambda: enter, plot=False), self.I(lambda: leave, plot=False)

        def next(self):
            if self.leave[-1]:
                self.position.close()
            elif self.enter[-1] and not self.position:
                price = self.data.Close[-1]
                stops = {"sl": price * 0.997, "tp": price * 1.006} if job == "stops" else {}
                self.buy(size=1 - 1e-9, **stops)  # a share of the cash, just below all

    began = time.perf_counter()
    done = Backtest(bars, Rule, cash=cash, commission=FEE, finalize_trades=True).run()
    return time.perf_counter() - began, int(done["# Trades"]), float(done["Equity Final [$]"]) / cash


def by_backtrader(job, count):
    import backtrader as bt

    bars = frame(count)

    class Rule(bt.Strategy):
        def __init__(self):
            if job == "rsi":
                value = bt.indicators.RSI(period=14)
                self.enter = bt.indicators.CrossUp(value, 30.0)
                self.leave = bt.indicators.CrossDown(value, 70.0)
            else:
                fast, slow = bt.indicators.SMA(period=10), bt.indicators.SMA(period=30)
                self.enter, self.leave = (
                    bt.indicators.CrossUp(fast, slow),
                    bt.indicators.CrossDown(fast, slow),
                )
            self.closed = 0

        def next(self):
            if len(self.data) == self.data.buflen():
                return
            if self.position:
                if self.leave[0]:
                    self.close()
            elif self.enter[0]:
                price = self.data.open[1] * (
                    1 + FEE
                )  # a hair less than all: it refuses what rounding puts above
                self.buy(size=self.broker.getcash() / price * (1 - 1e-9))

        def notify_trade(self, trade):
            self.closed += trade.isclosed

    began = time.perf_counter()
    engine = bt.Cerebro(stdstats=False)
    engine.adddata(bt.feeds.PandasData(dataname=bars.tz_localize(None)))
    engine.addstrategy(Rule)
    engine.broker.setcash(10_000.0)
    engine.broker.setcommission(FEE)
    (rule,) = engine.run()
    held = bool(rule.position)
    return time.perf_counter() - began, rule.closed + held, engine.broker.getvalue() / 10_000.0


def by_nautilus(job, count):
    from nautilus_trader.backtest.engine import BacktestEngine, BacktestEngineConfig
    from nautilus_trader.config import LoggingConfig, StrategyConfig
    from nautilus_trader.indicators import SimpleMovingAverage
    from nautilus_trader.model.currencies import USDT
    from nautilus_trader.model.data import BarType
    from nautilus_trader.model.enums import AccountType, OmsType, OrderSide
    from nautilus_trader.model.identifiers import Venue
    from nautilus_trader.model.objects import Money
    from nautilus_trader.persistence.wranglers import BarDataWrangler
    from nautilus_trader.test_kit.providers import TestInstrumentProvider
    from nautilus_trader.trading.strategy import Strategy

    if job != "sma":
        raise ValueError("only the averages are written for nautilus_trader")
    instrument = TestInstrumentProvider.btcusdt_binance()
    kind = BarType.from_str(f"{instrument.id}-1-MINUTE-LAST-EXTERNAL")
    bars = BarDataWrangler(kind, instrument).process(frame(count))

    class Rule(Strategy):
        def __init__(self):
            super().__init__(StrategyConfig())
            self.fast, self.slow = SimpleMovingAverage(10), SimpleMovingAverage(30)
            self.was, self.trades = None, 0

        def on_start(self):
            self.register_indicator_for_bars(kind, self.fast)
            self.register_indicator_for_bars(kind, self.slow)
            self.subscribe_bars(kind)

        def on_bar(self, bar):
            if not self.slow.initialized:
                return
            above = self.fast.value > self.slow.value
            if self.was is not None and above != self.was:
                held = self.portfolio.net_position(instrument.id)
                if above and not held:
                    cash = float(self.portfolio.account(instrument.venue).balance_free(USDT))
                    quantity = instrument.make_qty(cash / (float(bar.close) * 1.005))
                    self.submit_order(self.order_factory.market(instrument.id, OrderSide.BUY, quantity))
                    self.trades += 1
                elif not above and held:
                    quantity = instrument.make_qty(held)
                    self.submit_order(self.order_factory.market(instrument.id, OrderSide.SELL, quantity))
            self.was = above

    engine = BacktestEngine(BacktestEngineConfig(logging=LoggingConfig(bypass_logging=True)))
    engine.add_venue(
        venue=Venue("BINANCE"), oms_type=OmsType.NETTING, account_type=AccountType.CASH, base_currency=None,
        starting_balances=[Money(1_000_000, USDT)],
    )  # fmt: skip
    engine.add_instrument(instrument)
    engine.add_data(bars)
    rule = Rule()
    engine.add_strategy(rule)
    began = time.perf_counter()
    engine.run()
    seconds = time.perf_counter() - began
    trades = rule.trades
    engine.dispose()
    return seconds, trades, None


ENGINES = {
    "vectorbt": by_vectorbt,
    "backtesting.py": by_backtesting,
    "backtrader": by_backtrader,
    "nautilus_trader": by_nautilus,
}


def answer(request):
    if request["job"] == "sweep":
        seconds, trades, final = by_vectorbt_sweep(request["pairs"], request["candles"], request["at_once"])
    else:
        seconds, trades, final = ENGINES[request["engine"]](request["job"], request["candles"])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": seconds, "trades": trades, "final": final, "peak_mib": peak}


if __name__ == "__main__":
    told = os.fdopen(os.dup(1), "w")  # what the engines print must not come between the answers
    os.dup2(2, 1)
    told.write(json.dumps({"engines": list(ENGINES)}) + "\n")
    told.flush()
    for line in sys.stdin:
        try:
            done = answer(json.loads(line))
        except Exception as error:
            done = {"error": f"{type(error).__name__}: {error}"}
        told.write(json.dumps(done) + "\n")
        told.flush()
