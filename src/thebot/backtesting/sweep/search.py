"""The search itself: which variants come next, who evaluates them, and what is kept on the way."""

from __future__ import annotations

import contextlib
import hashlib
import inspect
import math
import signal
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias, get_args

from thebot.backtesting.record import data_hash
from thebot.backtesting.scoring import Score
from thebot.backtesting.sweep.journal import Journal, key_of
from thebot.backtesting.sweep.space import Space, Variant
from thebot.backtesting.sweep.variants import Job, Outcome, Source, outcomes
from thebot.backtesting.tried import TrialLedger, Tried, variant_of
from thebot.errors import BadSetting, UnknownName
from thebot.indicators.own import loaded
from thebot.strategy import StrategySource
from thebot.version import VERSION

Method: TypeAlias = Literal["grid", "random", "tpe"]
METHODS: Final[tuple[Method, ...]] = get_args(Method)
FIGURES: Final = (
    "sharpe_ratio",
    "sortino_ratio",
    "calmar_ratio",
    "total_return",
    "profit_factor",
    "win_rate",
)

_FEW: Final = 50  # variants that are handed out at once while nothing is known, or where each takes long
_SOON: Final = 2.0  # seconds after which something should have been written down
_TURNS: Final = 2  # parts for each worker at least, so that none of them waits long for the last
_ASKED: Final = 20  # variants that TPE names before it hears of the first of them
_WORTH_WORKERS: Final = 4.0  # seconds of work: below it starting processes takes longer than they save


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a search is. `left` is in seconds, nan while nothing is known."""

    done: int
    total: int
    left: float
    best: float


@dataclass(frozen=True, kw_only=True)
class Search:
    """How to search. `tries` and `seed` are for random and TPE; a grid goes through everything.

    At most `part` variants are evaluated together: what they share is computed once for all of them.
    `by` is the figure of which more is better. `workers` are processes, 1 for none but this one (None: one
    for each core where that pays); with `cluster`, the address of a Dask scheduler, its workers do the work.
    """

    space: Space
    method: Method = "grid"
    tries: int = 200
    seed: int = 0
    by: str = "sharpe_ratio"
    workers: int | None = None
    cluster: str | None = None
    part: int = 200

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise UnknownName("search", self.method, METHODS)
        if self.by not in FIGURES:
            raise UnknownName("figure to search by", self.by, FIGURES)
        if self.tries < 1:
            raise BadSetting(f"{self.tries} tries cannot be: give at least one.")
        if self.workers is not None and self.workers < 1:
            raise BadSetting(f"{self.workers} workers cannot be: give at least one.")
        if self.part < 1:
            raise BadSetting(f"{self.part} variants at once cannot be: give at least one.")

    @property
    def total(self) -> int:
        return self.space.size if self.method == "grid" else self.tries

    def worth(self, score: Score | None) -> float:
        """What it is judged by; nothing is worse than a variant of which that is not known."""
        value = -math.inf if score is None else float(getattr(score, self.by))
        return value if value == value else -math.inf


@dataclass(kw_only=True)
class Found:
    """What was tried, in the order in which it was finished. `complete` is False if it was interrupted."""

    job: Job
    search: Search
    outcomes: list[Outcome] = field(default_factory=list)
    complete: bool = False

    @property
    def valid(self) -> list[Outcome]:
        return [each for each in self.outcomes if each.score is not None]


def searched(
    job: Job,
    search: Search,
    *,
    journal: Journal | None = None,
    ledger: TrialLedger | None = None,
    progress: Callable[[Progress], None] = lambda progress: None,
) -> Found:
    """Search. Ctrl-C ends it with what is done, as does an error after what is done is kept.

    With a `journal` what is in it is not done again; what is finished is written to it, and to the `ledger`.
    """
    found = Found(job=job, search=search)
    if journal is not None:
        found.outcomes += [each for each in journal.read() if search.space.holds(each.parameters)]
    count = _counting(job, ledger)
    count(found.outcomes)  # it may have been made without the ledger; what is in there counts once
    kept = len(found.outcomes)

    def keep(part: Sequence[Outcome]) -> None:
        count(part)  # first: what is in the journal is not looked at again
        if journal is not None:
            journal.append(part)

    done = {key_of(each.parameters) for each in found.outcomes}
    clock = _Clock(search, progress, found)
    plan = _tpe(search, found) if search.method == "tpe" else _planned(search)
    try:
        with _Evaluation(job, search) as evaluation:
            for batch in plan:
                fresh = {key_of(each): each for each in batch}  # TPE may ask for the same twice
                for part in evaluation.outcomes([fresh[key] for key in fresh if key not in done]):
                    found.outcomes += part
                    done |= {key_of(each.parameters) for each in part}
                    keep(part)
                    kept = len(found.outcomes)
                    clock.tell()
        found.complete = True
    except KeyboardInterrupt:
        keep(found.outcomes[kept:])  # it may have come in the middle of writing; what is there twice is once
    return found


def about(job: Job, search: Search, source: str) -> dict[str, Any]:
    """What a journal is of. `source` is the strategy as it was asked for."""
    return {
        "strategy": source,
        "code": _code_of(job.source),
        "thebot": VERSION,
        "fixed": dict(job.fixed),
        "data": data_hash(job.series),
        "start": job.start,
        "costs": job.costs.plain(),
        "cash": job.account.cash,
        "shorts": job.account.shorts,
        "max_open": job.account.allocation.max_open,
        "rank": repr(job.account.allocation.rank),
        "instruments": {symbol: repr(each) for symbol, each in sorted(job.instruments.items())},
        "blocks": job.blocks,
        "search": search.method,
    }


def _code_of(source: Source) -> str:
    """A hash of the files of the user's own that the strategy may be made of: edited, it is another one."""
    made = inspect.unwrap(source.make if isinstance(source, StrategySource) else source)
    files = set(loaded())
    with contextlib.suppress(TypeError):  # what is built in has no file
        files.add(Path(inspect.getfile(made)))
    if isinstance(source, StrategySource) and source.text:
        files.add(Path(source.text.rpartition(":")[0]))
    hashed = hashlib.sha256()
    for path in sorted(files):
        if path.is_file():
            hashed.update(path.read_bytes())
    return hashed.hexdigest()[:32]


def _planned(search: Search) -> Iterator[list[Variant]]:
    space = search.space
    yield space.grid() if search.method == "grid" else space.random(search.tries, search.seed)


def _tpe(search: Search, found: Found) -> Iterator[list[Variant]]:
    """Batches of what the tree of Parzen estimators asks for next; it hears what came of all of them."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    sampler = optuna.samplers.TPESampler(seed=search.seed, n_startup_trials=min(20, search.tries))
    study = optuna.create_study(direction="maximize", sampler=sampler)
    asked = 0
    while asked < search.tries:
        trials = [study.ask() for _ in range(min(_ASKED, search.tries - asked))]
        variants = [search.space.suggested(trial) for trial in trials]
        asked += len(trials)
        yield variants
        worth = {key_of(each.parameters): search.worth(each.score) for each in found.outcomes}
        for trial, variant in zip(trials, variants, strict=True):
            value = worth.get(key_of(variant), -math.inf)
            if math.isfinite(value):
                study.tell(trial, value)
            else:
                study.tell(trial, state=optuna.trial.TrialState.FAIL)


class _Evaluation:
    """Evaluates variants here, or in workers where that takes less time."""

    def __init__(self, job: Job, search: Search) -> None:
        self._job, self._search = job, search
        self._open = contextlib.ExitStack()
        self._seconds: float | None = None  # of a variant, here
        self._parallel: Any = None

    def __enter__(self) -> _Evaluation:
        if self._search.cluster is not None:
            self._begin_cluster(self._search.cluster)
        return self

    def __exit__(self, *error: object) -> None:
        self._open.close()

    def outcomes(self, variants: Sequence[Variant]) -> Iterator[list[Outcome]]:
        """In parts, as they are finished."""
        done = 0
        while done < len(variants) and self._parallel is None:
            if self._pays(len(variants) - done):
                self._begin_workers()
                break
            part = variants[done : done + self._size]
            yield self._here(part)
            done += len(part)
        if done < len(variants):
            yield from self._in_workers(variants[done:])

    @property
    def _size(self) -> int:
        """How many are evaluated here before something is written down."""
        quick = self._seconds is not None and self._seconds * self._search.part < _SOON
        return self._search.part if quick else min(_FEW, self._search.part)

    def _here(self, part: Sequence[Variant]) -> list[Outcome]:
        """Evaluated in this process. The very first is not timed: what is compiled is loaded with it."""
        first = outcomes(self._job, part[:1]) if self._seconds is None else []
        rest = part[len(first) :]
        began = time.perf_counter()
        found = first + outcomes(self._job, rest)
        if rest:
            self._seconds = (time.perf_counter() - began) / len(rest)
        return found

    def _pays(self, variants: int) -> bool:
        """Whether so many are for workers: because they were asked for, or because it takes long here."""
        if self._search.workers is not None:
            return self._search.workers > 1
        return self._seconds is not None and self._seconds * variants > _WORTH_WORKERS and self._workers > 1

    @property
    def _workers(self) -> int:
        import joblib  # type: ignore[import-untyped]  # it has no types

        return self._search.workers or int(joblib.cpu_count())

    def _begin_workers(self) -> None:
        import joblib

        self._parallel = joblib.Parallel(
            n_jobs=self._workers,
            return_as="generator_unordered",
            initializer=signal.signal,  # Ctrl-C is for this process, which ends them
            initargs=(signal.SIGINT, signal.SIG_IGN),
        )

    def _begin_cluster(self, address: str) -> None:
        try:
            from distributed import Client
        except ImportError as error:
            raise BadSetting(
                'A Dask cluster needs the package distributed: pip install "thebot[cluster]".'
            ) from error
        import joblib

        try:
            self._open.enter_context(Client(address, timeout="10s"))  # type: ignore[no-untyped-call]  # distributed's
        except (OSError, TimeoutError, ValueError) as error:  # ValueError: an address that is none
            raise BadSetting(
                f"No Dask scheduler answers at {address} ({error}). Start one (dask scheduler) and its "
                "workers (dask worker), or leave --cluster out."
            ) from error
        self._open.enter_context(joblib.parallel_config(backend="dask"))
        self._parallel = joblib.Parallel(return_as="generator_unordered")

    def _in_workers(self, variants: Sequence[Variant]) -> Iterator[list[Outcome]]:
        import joblib

        hands = joblib.effective_n_jobs(self._parallel.n_jobs)
        size = max(1, min(_FEW, self._search.part, len(variants) // (_TURNS * hands)))
        evaluate = joblib.delayed(outcomes)
        parts = self._parallel(
            evaluate(self._job, list(variants[first : first + size]))
            for first in range(0, len(variants), size)
        )
        try:
            for part in parts:  # noqa: UP028  (`yield from` would close them outside of what stands below)
                yield part
        finally:
            with warnings.catch_warnings():  # joblib's: that what was begun is not waited for
                warnings.simplefilter("ignore", UserWarning)
                parts.close()


class _Clock:
    """Says how far the search is and how long it still takes."""

    def __init__(self, search: Search, progress: Callable[[Progress], None], found: Found) -> None:
        self._search, self._progress, self._found = search, progress, found
        self._began, self._before = time.monotonic(), len(found.outcomes)
        self._best, self._seen = -math.inf, 0

    def tell(self) -> None:
        outcomes = self._found.outcomes
        fresh = (self._search.worth(each.score) for each in outcomes[self._seen :])
        self._best, self._seen = max(self._best, *fresh, -math.inf), len(outcomes)
        done, total = len(outcomes), max(self._search.total, len(outcomes))
        each = (time.monotonic() - self._began) / max(1, done - self._before)
        left = each * (total - done)
        best = self._best if math.isfinite(self._best) else math.nan
        self._progress(Progress(done=done, total=total, left=left, best=best))


def _counting(job: Job, ledger: TrialLedger | None) -> Callable[[Sequence[Outcome]], None]:
    """What writes outcomes into the ledger: those that were looked at, not those that cannot be."""
    if ledger is None:
        return lambda outcomes: None
    traded = [candles.between(job.start) for candles in job.series]
    common: dict[str, Any] = {
        "symbols": tuple(candles.symbol for candles in traded),
        "timeframe": traded[0].timeframe,
        "start": min(int(candles.open_time[0]) for candles in traded),
        "end": max(int(candles.close_time[-1]) for candles in traded),
        "data_hash": data_hash(traded),
    }

    def tried(outcome: Outcome, score: Score) -> Tried:
        strategy = job.strategy(outcome.parameters)
        return Tried(
            **common,
            strategy=strategy.name,
            variant=variant_of(strategy),
            sharpe=score.mean / score.deviation if score.deviation > 0 else math.nan,
            periods=score.periods,
        )

    def count(outcomes: Sequence[Outcome]) -> None:
        ledger.add([tried(each, each.score) for each in outcomes if each.score is not None])

    return count
