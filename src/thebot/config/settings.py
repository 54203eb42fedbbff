"""What can be set, with its meaning, its default and what is allowed. The one definition of all of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, Self, TypeAlias, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    SecretStr,
    model_validator,
)

from thebot.errors import UnknownName
from thebot.market import Symbol, Timeframe

ExchangeName: TypeAlias = Literal["sandbox", "binance", "binance-testnet", "binance-demo"]
EXCHANGES: Final[tuple[ExchangeName, ...]] = get_args(ExchangeName)


def _listed(value: Any) -> Any:  # noqa: ANN401  (what came from outside, of any type)
    """ "BTCUSDT, ETHUSDT" as a list: so one writes it in the environment and on the command line."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


def _expressions(value: Any) -> Any:  # noqa: ANN401  (what came from outside, of any type)
    """ "ema(20), bbands(20, 2)" as a list: only commas outside of brackets part them."""
    if not isinstance(value, str):
        return value
    parts, depth = [""], 0
    for sign in value:
        depth += (sign in "([") - (sign in ")]")
        if sign == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += sign
    return [part.strip() for part in parts if part.strip()]


def _timeframe(value: Any) -> Timeframe:  # noqa: ANN401  (what came from outside, of any type)
    try:
        return Timeframe(value)
    except UnknownName as error:
        raise ValueError(str(error)) from error


def _symbol(value: str) -> Symbol:
    text = value.strip().upper()
    if not text or any(sign.isspace() for sign in text):
        raise ValueError("a symbol is one word, as BTCUSDT")
    return text


def _each_once(values: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(dict.fromkeys(values))


TimeframeField = Annotated[Timeframe, BeforeValidator(_timeframe), PlainSerializer(str)]
Timeframes = Annotated[
    tuple[TimeframeField, ...],
    BeforeValidator(_listed),
    AfterValidator(_each_once),
    AfterValidator(lambda values: tuple(sorted(values))),
    Field(min_length=1),
]
Files = Annotated[tuple[str, ...], BeforeValidator(_listed), AfterValidator(_each_once)]
Symbols = Annotated[
    tuple[Annotated[str, AfterValidator(_symbol)], ...], BeforeValidator(_listed), AfterValidator(_each_once)
]
Expressions = Annotated[tuple[str, ...], BeforeValidator(_expressions), AfterValidator(_each_once)]


class _Section(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", arbitrary_types_allowed=True, hide_input_in_errors=True
    )


class DashboardSettings(_Section):
    host: str = Field(
        default="127.0.0.1",
        min_length=1,
        description="The address to listen on. 127.0.0.1 is this machine only.",
    )
    port: int = Field(default=8000, ge=0, le=65535, description="The port to listen on; 0 takes a free one.")
    open_browser: bool = Field(default=True, description="Open a browser when the dashboard is ready.")


class StrategySettings(BaseModel):
    """One strategy: whether it runs (None: as it comes), and parameters that differ from its own defaults."""

    model_config = ConfigDict(frozen=True, extra="allow", hide_input_in_errors=True)

    enabled: bool | None = None

    @property
    def parameters(self) -> dict[str, Any]:
        return dict(self.__pydantic_extra__ or {})


class Settings(_Section):
    """Everything that can be set, as frozen values. Made by `configuration`, or directly in a test."""

    exchange: ExchangeName = Field(
        default="sandbox",
        description='Where prices come from: "sandbox" (an exchange on this machine, no network), "binance", '
        '"binance-testnet" or "binance-demo".',
    )
    symbols: Symbols = Field(
        default=(),
        description="Markets to watch. Empty: on the sandbox all of its symbols, else the USDT pairs with "
        "the highest 24-hour quote volume.",
    )
    max_symbols: int = Field(
        default=100,
        ge=1,
        le=1000,
        description="The most markets to watch; also how many an empty list stands for.",
    )
    timeframes: Timeframes = Field(
        default=tuple(map(Timeframe, ("1m", "5m", "15m", "1h", "4h", "1d"))),
        description="Timeframes offered for charts.",
    )
    signal_timeframes: Timeframes = Field(
        default=tuple(map(Timeframe, ("1m", "15m", "1h"))),
        description="Timeframes on which strategies look for signals.",
    )
    indicators: Expressions = Field(
        default=("ema(20)", "ema(50)", "bbands(20, 2)", "rsi(14)"),
        description="Indicators on the chart: over the price, or in a pane below, as each one is.",
    )
    indicator_files: Files = Field(
        default=(),
        description="Python files with indicators of your own, run at the start; a name that is not "
        "absolute is beside this file. `thebot indicators check FILE` tells whether they may be relied on.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description='How much is logged: "debug", "info", "warning" or "error".'
    )
    database_url: SecretStr | None = Field(
        default=None,
        examples=["postgresql://USER:PASSWORD@HOST:5432/thebot"],
        description="The address of a PostgreSQL database, as in this example. Unset: thebot.db in the data "
        "folder. If it holds a password, better set it in the environment (THEBOT_DATABASE_URL).",
    )
    dashboard: DashboardSettings = Field(
        default=DashboardSettings(), description="The dashboard's web server."
    )
    strategies: dict[str, StrategySettings] = Field(
        default={},
        description="The strategies. enabled = true runs one on the live market, enabled = false does not; "
        "as shown here unless said otherwise. The other lines are its parameters.",
    )

    @model_validator(mode="after")
    def _not_too_many(self) -> Self:
        if len(self.symbols) > self.max_symbols:
            raise ValueError(
                f"symbols lists {len(self.symbols)} markets, but max_symbols allows {self.max_symbols}; "
                "raise max_symbols or list fewer"
            )
        return self

    def enabled_strategies(self, known: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
        """The parameters set for each of the `known` strategies, without those that are switched off."""
        chosen = {name: self.strategies.get(name, StrategySettings()) for name in known}
        return {
            name: each.parameters
            for name, each in chosen.items()
            if (known[name].live if each.enabled is None else each.enabled)
        }
