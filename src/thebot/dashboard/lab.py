"""The API of the lab page: what can be tried, and the experiments that are made of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final, get_args

import msgspec
from fastapi import APIRouter, Path, Request

from thebot.dashboard.answers import Json
from thebot.dashboard.guarded import Guarded, known_symbol, offered
from thebot.errors import BadSetting
from thebot.live.experiment import Experiment, Kind
from thebot.strategy import strategies, strategy
from thebot.strategy.options import MEANINGS
from thebot.trading.allocation import Account
from thebot.trading.costs import Costs

if TYPE_CHECKING:
    from thebot.live.desk import Desk
    from thebot.live.laboratory import Laboratory
    from thebot.storage.results import ResultsReader

_LONGEST: Final = 32_768  # bytes of an experiment as JSON
_SYMBOLS: Final = 20  # in one experiment
_WINDOWS: Final = range(2, 101)
_NAME: Final = 80  # characters
_EXPERIMENT: Final = msgspec.json.Decoder(Experiment)
_Number = Annotated[int, Path(ge=1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Research:
    """What the lab and the results pages work with: who makes experiments, and what came of them."""

    laboratory: Laboratory
    results: ResultsReader


def lab_routes(desk: Desk, laboratory: Laboratory) -> APIRouter:
    """The lab of one desk: strategies on the past of its symbols."""
    api = APIRouter(prefix="/api/lab", default_response_class=Json, route_class=Guarded)

    @api.get("", summary="Strategies with their parameters, and what an experiment is made with")
    async def lab() -> Json:
        return Json(_offered(desk))

    @api.get("/jobs", summary="Experiments: waiting, running, and the last that ended; newest first")
    async def jobs() -> Json:
        return Json({"jobs": [job.plain() for job in laboratory.jobs]})

    @api.post("/jobs", summary="Make an experiment; it waits for those before it")
    async def submit(request: Request) -> Json:
        experiment = checked(desk, await _read(request))
        return Json(laboratory.submit(experiment).plain(), status_code=201)

    @api.post("/jobs/{number}/cancel", summary="End an experiment, or take it out of the line")
    async def cancel(number: _Number) -> Json:
        return Json(laboratory.cancel(number).plain())

    @api.delete("/jobs/{number}", summary="Take an experiment that has ended off the list")
    async def forget(number: _Number) -> Json:
        laboratory.forget(number)
        return Json({"number": number})

    return api


def checked(desk: Desk, asked: Experiment) -> Experiment:
    """The same with symbols as the exchange writes them.

    Raises UnknownName or BadSetting, before anything is started, for what can be seen to be wrong.
    """
    if not 1 <= len(asked.symbols) <= _SYMBOLS:
        raise BadSetting(f"symbols: choose 1 to {_SYMBOLS}; these are {len(asked.symbols)}.")
    symbols = tuple(dict.fromkeys(known_symbol(desk, symbol) for symbol in asked.symbols))
    offered(desk, asked.timeframe)
    now = desk.exchange_time()
    if not 0 <= asked.start < (asked.end if asked.end is not None else now):
        raise BadSetting("start: it must lie before the end, and in the past.")
    if len(asked.name) > _NAME:
        raise BadSetting(f"name: {len(asked.name)} characters; at most {_NAME} are kept.")
    if asked.kind != "backtest" and not asked.vary:
        raise BadSetting("vary: give at least one parameter several values, as 5:30:5 or 20, 25, 30.")
    for name in asked.vary.keys() & asked.parameters.keys():
        raise BadSetting(f"{name}: give it one value or several, not both.")
    if asked.windows not in _WINDOWS:
        raise BadSetting(f"windows: {asked.windows}; give {_WINDOWS.start} to {_WINDOWS.stop - 1}.")
    Costs(fee=asked.fee, slippage=asked.slippage)
    Account(cash=asked.cash)
    strategy(
        asked.strategy, **{name: value for name, value in asked.parameters.items() if name not in asked.vary}
    )
    end = asked.end if asked.end is not None else now  # of a replay it is not the wall clock's
    return msgspec.structs.replace(asked, symbols=symbols, end=end)


async def _read(request: Request) -> Experiment:
    body = await request.body()
    if len(body) > _LONGEST:
        raise BadSetting(f"An experiment of {len(body):,} bytes; at most {_LONGEST:,} are read.")
    try:
        return _EXPERIMENT.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BadSetting(f"This is no experiment: {error}.") from error


def _kind(default: object) -> str:
    return "word" if isinstance(default, str) else "whole" if isinstance(default, int) else "number"


def _offered(desk: Desk) -> dict[str, Any]:
    costs, account = Costs(), Account()
    return {
        "strategies": [
            {
                "name": each.name,
                "description": each.description,
                "parameters": [
                    {"name": name, "default": value, "kind": _kind(value)}
                    for name, value in each.parameters.items()
                ],
            }
            for each in strategies().values()
            if not each.stateful
        ],
        "kinds": list(get_args(Kind)),
        "options": [{"name": name, "meaning": meaning} for name, meaning in MEANINGS.items()],
        "timeframes": [timeframe.name for timeframe in desk.timeframes],
        "most_symbols": _SYMBOLS,
        "fee": costs.fee,
        "slippage": costs.slippage,
        "cash": account.cash,
    }
