"""One experiment of the laboratory, in a process of its own: `python -m thebot.research.experiment`.

`live.experiment` says how it is spoken with. Nothing heavy is loaded before the order is understood.
"""

from __future__ import annotations

import asyncio
import math
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

import msgspec

from thebot.errors import BadSetting, MissingFile, ThebotError, UsageError
from thebot.live.experiment import Bench, Best, Experiment, Failure, Order, Progress, Told

if TYPE_CHECKING:
    from typing import Any, TypeAlias

    from thebot.backtesting import TrackRecord
    from thebot.backtesting.sweep import Job, Space
    from thebot.backtesting.sweep import Progress as SweepProgress
    from thebot.market import Candles, Symbol, Timeframe
    from thebot.storage.archive import Archive
    from thebot.storage.results import Results

    Outcome: TypeAlias = tuple[TrackRecord, dict[str, Any]]  # a record, and the sweep or walk behind it

Tell = Callable[[Progress], None]

FIGURE: Final = "Sharpe ratio"  # that a search goes by
_TRAINING: Final = 3  # times as long as the test after it
_OFTEN: Final = 0.2  # seconds between two words about progress at least
_NICENESS: Final = 5  # the process that carries the prices comes first


def main() -> None:
    """Do what the first line of standard input says, and tell how it went."""
    out = _own_output()
    order = msgspec.json.decode(sys.stdin.buffer.readline(), type=Order)
    threading.Thread(target=_follow_parent, name="follow the parent", daemon=True).start()
    if hasattr(os, "nice"):
        os.nice(_NICENESS)

    def say(told: Told) -> None:
        out.write(msgspec.json.encode(told) + b"\n")
        out.flush()

    try:
        say(Told(result=done(order, lambda progress: say(Told(progress=progress)))))
    except ThebotError as error:
        say(Told(failure=Failure(kind=type(error).__name__, detail=str(error))))
    except Exception as error:  # told to who asked, whatever it is
        traceback.print_exc()
        detail = f"{type(error).__name__}: {error}"
        say(Told(failure=Failure(kind=type(error).__name__, detail=detail, unexpected=True)))


def done(order: Order, tell: Tell) -> str:
    """Do it; gives the id of the result."""
    from thebot.storage.results import Results

    with Results(Path(order.bench.data), order.bench.database) as results:
        if order.experiment is None:
            return _page_made(order.page_of, order.bench, results)
        return Run(order.experiment, order.bench, results, tell).result()


class Run:
    """One experiment under way."""

    def __init__(self, asked: Experiment, bench: Bench, results: Results, tell: Tell) -> None:
        self._asked, self._bench, self._results = asked, bench, results
        self._tell = Seldom(tell)
        self._end = asked.end if asked.end is not None else int(time.time() * 1000)

    def result(self) -> str:
        """Make it and save it; gives its id."""
        from thebot.research.conclusion import concluded
        from thebot.research.shown import write

        self._tell(Progress(doing="Starting"))
        job = self._job()
        done = {"backtest": self._backtest, "sweep": self._sweep, "walkforward": self._walk}
        record, found = done[self._asked.kind](job)
        end = concluded(
            record, job.series, self._results, kind=self._asked.kind, name=self._asked.name,
            progress=self._counted("Holding it against luck"), **found,
        )  # fmt: skip
        self._tell(Progress(doing="Saving"))
        write(_folder_of(end.id, self._bench), end.record, job.series, extra=end.extra)
        return end.id

    def _job(self) -> Job:
        """Strategy, candles, costs and account: all that the three kinds have in common."""
        from thebot.backtesting import Account, Costs
        from thebot.backtesting.sweep import Job
        from thebot.market import Timeframe
        from thebot.market.filters import filters_of
        from thebot.research.trials import longest_warmup
        from thebot.strategy import strategies

        asked = self._asked
        source = strategies()[asked.strategy]
        space = self._space() if asked.vary else None
        series = self._candles(longest_warmup(source, asked.parameters, space, Timeframe(asked.timeframe)))
        read = {each.symbol: filters_of(each) for each in series}
        return Job(
            source=source,
            series=tuple(series),
            account=Account(cash=asked.cash),
            costs=Costs(fee=asked.fee, slippage=asked.slippage),
            instruments={name: each for name, each in read.items() if each is not None},
            start=asked.start,
            fixed=dict(asked.parameters),
        )

    def _space(self) -> Space:
        from thebot.backtesting.sweep import Space

        return Space.of_texts([f"{name}={text}" for name, text in self._asked.vary.items()])

    def _candles(self, warmup: int) -> list[Candles]:
        """The candles, those that warm up in front; what is missing is fetched."""
        from thebot.market import Timeframe
        from thebot.market.quality import check

        asked, timeframe = self._asked, Timeframe(self._asked.timeframe)
        span = (asked.start - warmup * timeframe.nominal_ms, self._end)
        found = []
        for number, symbol in enumerate(asked.symbols):
            which = f" ({number + 1} of {len(asked.symbols)})" if len(asked.symbols) > 1 else ""
            self._fetch(symbol, timeframe, span, f"Fetching {symbol} {timeframe}{which}")
            candles = check(_archive(self._bench).read(symbol, timeframe, *span))
            if not len(candles):
                raise MissingFile(
                    f"{self._bench.exchange} has no candles of {symbol} {timeframe} in that time. Choose a "
                    "later start or another symbol."
                )
            found.append(candles)
        return found

    def _fetch(self, symbol: Symbol, timeframe: Timeframe, span: tuple[int, int], doing: str) -> None:
        """Fetch what the archive lacks of the span (ms UTC)."""
        from thebot.research.fetching import BINANCE, fetched
        from thebot.storage import DataFolder
        from thebot.storage.bulk import BULK_ADDRESS
        from thebot.storage.history import Request
        from thebot.storage.spans import Span

        request = Request(symbol=symbol, timeframe=timeframe, span=Span(*span))
        if request.is_held(_archive(self._bench), self._end):
            return
        exchange = self._bench.exchange
        files = BULK_ADDRESS if exchange == BINANCE else None
        folder = DataFolder.at(self._bench.candles).prepare()
        told = self._counted(doing)
        asyncio.run(
            fetched(
                request, exchange=exchange, files=files, folder=folder,
                progress=lambda done, total, _: told(done, total),
            )
        )  # fmt: skip

    def _backtest(self, job: Job) -> Outcome:
        from thebot.backtesting import run

        self._tell(Progress(doing="Trading on the past"))
        record = run(
            job.series, job.strategy({}), account=job.account, costs=job.costs, start=job.start,
            end=self._end, instruments=job.instruments,
        )  # fmt: skip
        return record, {}

    def _sweep(self, job: Job) -> Outcome:
        from thebot.backtesting.sweep import Search, SweepResult, searched

        search = Search(space=self._space())
        search.space.grid()  # raises for one too large before anything is tried
        self._tell(Progress(doing="Trying variants", total=search.total))

        def progress(now: SweepProgress) -> None:
            known = math.isfinite(now.best)
            self._tell(
                Progress(
                    doing="Trying variants", done=now.done, total=now.total,
                    left=now.left if math.isfinite(now.left) else None,
                    best=Best(figure=FIGURE, value=now.best) if known else None,
                )
            )  # fmt: skip

        found = searched(job, search, ledger=self._results, progress=progress)
        self._tell(Progress(doing="Looking at all variants together"))
        result = SweepResult.of(found)
        return result.record, {"sweep": result}

    def _walk(self, job: Job) -> Outcome:
        from thebot.backtesting.splits import WalkForward
        from thebot.backtesting.sweep import Search
        from thebot.backtesting.walkforward import walk_forward

        rows = len(job.series[0].between(job.start))
        test = rows // (self._asked.windows + _TRAINING)
        if not test:
            raise BadSetting(
                f"{rows} candles are too few for {self._asked.windows} windows. Take an earlier start, a "
                "shorter timeframe or fewer windows."
            )
        told = self._counted("Walking forward")
        told(0, self._asked.windows)
        walked = walk_forward(
            job, Search(space=self._space()), WalkForward(train=_TRAINING * test, test=test), end=self._end,
            ledger=self._results, progress=told,
        )  # fmt: skip
        return walked.record, {"walked": walked}

    def _counted(self, doing: str) -> Callable[[int, int], None]:
        """Tells how far something is, and how long it may still take, from what it took so far."""
        began = time.monotonic()

        def told(done: int, total: int) -> None:
            left = (time.monotonic() - began) / done * (total - done) if 0 < done <= total else None
            self._tell(Progress(doing=doing, done=done, total=total, left=left))

        return told


class Seldom:
    """Passes on what is told, not more often than anybody can read; a new kind of work always."""

    def __init__(self, tell: Tell) -> None:
        self._tell, self._next, self._doing = tell, 0.0, ""

    def __call__(self, progress: Progress) -> None:
        now = time.monotonic()
        if now >= self._next or progress.doing != self._doing:
            self._next, self._doing = now + _OFTEN, progress.doing
            self._tell(progress)


def _page_made(id: str, bench: Bench, results: Results) -> str:
    """The page of a result that was made elsewhere: its candles are drawn if they are here still."""
    from thebot.research.shown import write

    record = results.load(id)
    archive = _archive(bench)
    series = []
    for symbol in record.symbols:
        try:
            found = archive.read(symbol, record.timeframe, record.start, record.end)
        except UsageError:
            continue
        if len(found):
            series.append(found)
    write(_folder_of(id, bench), record, series, extra=results.summary(id).extra)
    return id


def _archive(bench: Bench) -> Archive:
    from thebot.research.fetching import addresses_of
    from thebot.storage import DataFolder
    from thebot.storage.archive import Archive

    return Archive(DataFolder.at(bench.candles).archive(addresses_of(bench.exchange).name))


def _folder_of(id: str, bench: Bench) -> Path:
    from thebot.storage import DataFolder
    from thebot.storage.results.folder import ResultsFolder

    return ResultsFolder(DataFolder.at(bench.data)).of(id)


def _own_output() -> IO[bytes]:
    """Standard output for us alone: what a library prints goes to standard error."""
    own = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return own


def _follow_parent() -> None:
    while os.read(0, 4096):  # past Python's buffer, whose lock would hold up the end of the process
        pass
    os._exit(1)


if __name__ == "__main__":
    main()
