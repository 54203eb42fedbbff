"""Where settings come from, which one wins, and how a wrong one is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from thebot.config import Configuration, Settings, configuration
from thebot.errors import BadSetting, UnknownName
from thebot.market import Timeframe
from thebot.storage.folder import DataFolder, default_folder
from thebot.strategy import strategies


def written(folder: Path, text: str) -> Path:
    (folder / "config.toml").write_text(text)
    return folder


def origin(found: Configuration, name: str) -> str:
    return {each: place for each, _, place in found.rows()}[name]


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    found = configuration(tmp_path)
    assert found.settings == Settings()
    assert found.settings.exchange == "sandbox"
    assert found.settings.signal_timeframes == tuple(map(Timeframe, ("1m", "15m", "1h")))
    assert {place for _, _, place in found.rows()} == {"default"}
    assert found.database_url == DataFolder.at(tmp_path).database_url


def test_command_line_beats_environment_beats_file_beats_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path, 'exchange = "binance"\nmax_symbols = 50\n\n[dashboard]\nport = 9001\nhost = "::1"\n')
    monkeypatch.setenv("THEBOT_EXCHANGE", "binance-testnet")
    monkeypatch.setenv("THEBOT_DASHBOARD__PORT", "9002")
    found = configuration(tmp_path, {"exchange": "binance-demo", "dashboard": {"port": None}})
    settings = found.settings
    assert settings.exchange == "binance-demo"
    assert (settings.dashboard.port, settings.dashboard.host) == (9002, "::1")
    assert settings.max_symbols == 50
    assert origin(found, "exchange") == "command line"
    assert origin(found, "dashboard.port") == "environment variable THEBOT_DASHBOARD__PORT"
    assert origin(found, "dashboard.host") == "config.toml, line 6"
    assert origin(found, "max_symbols") == "config.toml, line 2"
    assert origin(found, "log_level") == "default"


def test_lists_are_written_with_commas_in_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THEBOT_SYMBOLS", "btcusdt, ETHUSDT,btcusdt")
    monkeypatch.setenv("THEBOT_TIMEFRAMES", "1h,1m")
    monkeypatch.setenv("THEBOT_INDICATORS", "ema(20), bbands(20, 2)")
    settings = configuration(tmp_path).settings
    assert settings.symbols == ("BTCUSDT", "ETHUSDT")
    assert [str(timeframe) for timeframe in settings.timeframes] == ["1m", "1h"]
    assert settings.indicators == ("ema(20)", "bbands(20, 2)")


def test_strategies_take_parameters_from_the_file_and_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(
        tmp_path,
        "[strategies.rsi-reversal]\nperiod = 10\noversold = 25\n\n[strategies.macd-trend]\nenabled = false\n",
    )
    monkeypatch.setenv("THEBOT_STRATEGIES__RSI_REVERSAL__PERIOD", "7")
    found = configuration(tmp_path)
    assert found.settings.enabled_strategies(strategies()) == {
        "rsi-reversal": {"period": 7, "oversold": 25},
        "supertrend-flip": {},
    }
    assert origin(found, "strategies.rsi-reversal.oversold") == "config.toml, line 3"
    assert origin(found, "strategies.rsi-reversal.period").endswith("THEBOT_STRATEGIES__RSI_REVERSAL__PERIOD")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            'log_level = "info"\nexchnage = "binance"\n',
            r"no setting 'exchnage'. Did you mean 'exchange'\? It stands in config.toml, line 2\.",
        ),
        ("[dashboard]\nprot = 1\n", r"'dashboard.prot'. Did you mean 'dashboard.port'\? .* line 2"),
        ("port = 9000\n", r"'port'. There are: dashboard.port\. .* line 1"),
        ("[dashboard]\nport = 1\nexchange = 'binance'\n", r"'dashboard.exchange'\. .*exchange.* line 3"),
        ("dashboard = 1\n", r"'dashboard'\. Did you mean 'dashboard.port'"),
        ("[dashbord]\nport = 1\n", r"'dashbord.port'\. Did you mean 'dashboard.port'\?"),
    ],
)
def test_an_unknown_key_is_an_error_that_names_what_is_near_and_the_line(
    tmp_path: Path, text: str, told: str
) -> None:
    with pytest.raises(UnknownName, match=told):
        configuration(written(tmp_path, text))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "\n[dashboard]\nport = 70000\n",
            r"dashboard\.port = 70000 \(config\.toml, line 3\) cannot be: .*65535",
        ),
        ('exchange = "binanse"\n', r"'binanse' .*line 1.*'sandbox', 'binance', .*Did you mean 'binance'\?"),
        ('timeframes = ["1h", "60m"]\n', r"timeframes.* '60m' .*There is no timeframe '60m'"),
        ("timeframes = []\n", r"timeframes = \[\] .*name at least one"),
        ('timeframes = ["1hr"]\n', r"Did you mean '1h' or '12h'\?$"),
        ("symbols = 'BTCUSDT,ETH USDT'\n", r"symbols = 'BTCUSDT,ETH USDT' .*one word"),
        ("strategies = 3\n", r"a section, as \[strategies\.rsi-reversal\]"),
        ("[dashboard]\nopen_browser = 'maybe'\n", r"true or false\.$"),
        ("max_symbols = 0\n", "greater than or equal to 1"),
        ('max_symbols = "many"\n', "it should be a valid integer"),
        ("max_symbols = 1\nsymbols = ['BTCUSDT', 'ETHUSDT']\n", "raise max_symbols or list fewer"),
        ("symbols = ['BTC USDT']\n", "one word, as BTCUSDT"),
        ("exchange = \n", r"config\.toml is not written in TOML: .*line 1"),
    ],
)
def test_a_bad_value_is_told_with_its_place_and_what_is_allowed(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(BadSetting, match=told):
        configuration(written(tmp_path, text))


def test_indicators_of_the_chart_are_whole_even_where_they_have_several_lines(tmp_path: Path) -> None:
    written(tmp_path, "indicators = ['bbands(20, 2)', 'macd().line', 'ema(50) - ema(200)']")
    drawn = [repr(each) for each in configuration(tmp_path).indicators]
    assert drawn == ["bbands(20, 2)", "macd(12, 26, 9).line", "ema(50) - ema(200)"]


@pytest.mark.parametrize(
    ("text", "error", "told", "note"),
    [
        (
            "[strategies.rsi-reversel]\nperiod = 3\n",
            UnknownName,
            r"strategy 'rsi-reversel'. Did you mean 'rsi-reversal'",
            "It stands in config.toml, line 2.",
        ),
        (
            "[strategies.rsi-reversal]\nenabled = true\nperiods = 3\n",
            UnknownName,
            r"parameter of rsi-reversal 'periods'. Did you mean 'period'",
            "It stands in config.toml, line 2.",
        ),
        (
            "[strategies.rsi-reversal]\nperiod = 'long'\n",
            BadSetting,
            "period is 'long'; give a whole number",
            "It stands in config.toml, line 2.",
        ),
        (
            "\nindicators = ['rsi(14)', 'emma(20)']\n",
            BadSetting,
            r"indicators: 'emma\(20\)' cannot be read.*'ema'",
            "It stands in config.toml, line 2.",
        ),
    ],
)
def test_strategies_and_indicators_are_checked_when_they_are_read(
    tmp_path: Path, text: str, error: type[Exception], told: str, note: str
) -> None:
    with pytest.raises(error, match=told) as refused:
        configuration(written(tmp_path, text))
    assert refused.value.__notes__ == [note]


def test_a_misspelt_variable_is_refused_and_a_foreign_one_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THEBOT_OF_MY_NEIGHBOUR", "1")
    configuration(tmp_path)
    monkeypatch.setenv("THEBOT_EXCHNAGE", "binance")
    with pytest.raises(UnknownName, match=r"'THEBOT_EXCHNAGE'. Did you mean 'THEBOT_EXCHANGE'"):
        configuration(tmp_path)
    monkeypatch.delenv("THEBOT_EXCHNAGE")
    monkeypatch.setenv("THEBOT_PORT", "1")
    with pytest.raises(UnknownName, match="THEBOT_DASHBOARD__PORT"):
        configuration(tmp_path)


def test_a_bad_value_of_the_environment_names_the_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THEBOT_MAX_SYMBOLS", "lots")
    with pytest.raises(BadSetting, match=r"max_symbols = 'lots' \(environment variable THEBOT_MAX_SYMBOLS\)"):
        configuration(tmp_path)


def test_a_password_is_never_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THEBOT_DATABASE_URL", "postgresql://bot:hush@db.example:5432/thebot?password=hush")
    found = configuration(tmp_path)
    assert found.database_url == "postgresql://bot:hush@db.example:5432/thebot?password=hush"
    assert "hush" not in f"{found!r} {found.settings} {list(found.rows())} {found.settings.model_dump_json()}"
    shown = {name: value for name, value, _ in found.rows()}
    assert shown["database_url"] == "postgresql://bot:***@db.example:5432/thebot"
    monkeypatch.delenv("THEBOT_DATABASE_URL")
    written(tmp_path, 'database_url = ["hush"]\n')
    with pytest.raises(BadSetting) as refused:
        configuration(tmp_path)
    assert "hush" not in str(refused.value)


def test_settings_do_not_change_and_read_nothing_by_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THEBOT_EXCHANGE", "binance")
    settings = Settings()
    assert settings.exchange == "sandbox"
    with pytest.raises(ValidationError, match="frozen"):
        settings.exchange = "binance"  # type: ignore[misc]  # that this is refused is the test


def test_the_data_folder_is_given_set_or_the_platforms_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert configuration().folder.path == default_folder()
    monkeypatch.setenv("THEBOT_DATA", str(tmp_path / "from-environment"))
    assert configuration().folder.path == tmp_path / "from-environment"
    assert configuration(tmp_path / "given").folder.path == tmp_path / "given"
    assert not (tmp_path / "given").exists()
