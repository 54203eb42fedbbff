"""Reads the settings from where they were written, and says where that was."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from pydantic import BaseModel, SecretStr, ValidationError

from thebot.config.settings import Settings
from thebot.errors import BadSetting, MissingFile, UnknownName, UsageError, nearest
from thebot.storage.folder import DataFolder

if TYPE_CHECKING:
    from thebot.indicators import Expression

PREFIX: Final = "THEBOT_"
DATA: Final = f"{PREFIX}DATA"  # the data folder; not a setting, for the settings lie in it

Nested = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """The settings in force, and where each of them came from."""

    settings: Settings
    origins: Mapping[str, str]  # "dashboard.port": "config.toml, line 7"; what is not in it is a default
    folder: DataFolder

    @property
    def database_url(self) -> str:
        """The address of the database in force, with its password: not for printing."""
        url = self.settings.database_url
        return self.folder.database_url if url is None else url.get_secret_value()

    @property
    def indicators(self) -> tuple[Expression, ...]:
        """What is drawn on a chart, in this order."""
        from thebot.indicators import parse_whole

        return tuple(parse_whole(text) for text in self.settings.indicators)

    def rows(self) -> Iterator[tuple[str, Any, str]]:
        """Every setting: its name, its value as plain data (without secrets), where it came from."""
        from thebot.strategy.catalogue import strategies

        own = {name: {"enabled": each.live, **each.parameters} for name, each in strategies().items()}
        plain = {name: _plain(getattr(self.settings, name)) for name in Settings.model_fields}
        values = _flat(plain | {"strategies": _laid_over(own, _without_none(plain["strategies"]))})
        for name, value in values.items():
            yield name, value, self.origins.get(name, "default")


@dataclass(frozen=True, slots=True)
class _Source:
    """Settings from one place: `where` says of each what to tell a person."""

    values: Nested
    where: Mapping[str, str]
    elsewhere: str

    def place(self, name: str) -> str:
        while name:
            if name in self.where:
                return self.where[name]
            name = name.rpartition(".")[0]
        return self.elsewhere


def configuration(
    data: Path | str | None = None, command_line: Mapping[str, Any] | None = None
) -> Configuration:
    """The settings in force in a data folder (None: THEBOT_DATA, else the platform's own folder).

    `command_line` holds what was given there, by name, with sections as mappings; None counts as not given.
    Raises UnknownName for a setting that does not exist and BadSetting for a value that cannot be, both with
    the place where it was written.
    """
    folder = data_folder(data)
    sources = [_command_line(command_line or {}), _environment(), _file(folder.config_file)]
    merged: Nested = {}
    for source in reversed(sources):
        _refuse_unknown(source)
        merged = _laid_over(merged, source.values)
    try:
        settings = Settings.model_validate(merged)
    except ValidationError as error:
        raise _bad_setting(error, merged, sources) from None  # pydantic's own text may show a secret
    _load_indicators(settings, folder, sources)
    _check_rules(settings, sources)
    origins = {name: source.place(name) for source in reversed(sources) for name in _flat(source.values)}
    return Configuration(settings=settings, origins=origins, folder=folder)


def load_indicators(data: Path | str | None = None) -> None:
    """Put the user's own indicators, which the settings of a data folder name, into the catalogue.

    Raises MissingFile for a folder that was asked for and is not there: they would be missing in silence.
    """
    if data is not None and not data_folder(data).path.is_dir():
        raise MissingFile(f"There is no data folder {data_folder(data).path}, so no indicators of your own.")
    configuration(data)


def data_folder(data: Path | str | None = None) -> DataFolder:
    """The folder given on the command line, else that of THEBOT_DATA, else the platform's own."""
    return DataFolder.at(data if data is not None else os.environ.get(DATA) or None)


def _command_line(given: Mapping[str, Any]) -> _Source:
    return _Source(_without_none(given), {}, "command line")


def _found_in_environment() -> Nested:
    """The settings as pydantic-settings finds them in the environment."""
    from pydantic_settings import BaseSettings, EnvSettingsSource, SettingsConfigDict

    class FromEnvironment(BaseSettings, Settings):
        model_config = SettingsConfigDict(
            env_prefix=PREFIX, env_nested_delimiter="__", enable_decoding=False, env_ignore_empty=True
        )

    return EnvSettingsSource(FromEnvironment)()


def _environment() -> _Source:
    ours = [name for name in os.environ if name.upper().startswith(PREFIX) and name.upper() != DATA]
    values = _found_in_environment() if ours else {}  # it costs the process 5 MiB: only where there is any
    if "strategies" in values:  # names of variables hold no hyphens, and their values no types
        values["strategies"] = {
            name.replace("_", "-"): {key: _typed(value) for key, value in settings.items()}
            for name, settings in values["strategies"].items()
        }
    where, known = {}, list(_names(Settings))
    for variable in ours:
        section, *rest = variable[len(PREFIX) :].lower().split("__")
        if section == "strategies" and rest:
            rest[0] = rest[0].replace("_", "-")
        name = ".".join([section, *rest])
        if name in known or section == "strategies":
            where[name] = f"environment variable {variable}"
        else:
            _refuse_near(name, variable, known)
    return _Source(values, where, "environment")


def _refuse_near(name: str, variable: str, known: list[str]) -> None:
    """Refuse a variable that somebody may have meant for us; others that begin so are not ours to judge."""
    near = _meant(name, known)
    if near:
        spelt = [PREFIX + each.upper().replace(".", "__") for each in near]
        raise UnknownName("setting", variable, spelt, "It stands in the environment.")


def _file(path: Path) -> _Source:
    from thebot.strategy.places import lines_of_keys

    try:
        text = path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):  # what is wrong with the folder itself is said later
        return _Source({}, {}, path.name)
    except (OSError, UnicodeDecodeError) as error:
        raise BadSetting(f"{path} cannot be read ({error}). Mend the file, or move it away.") from error
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadSetting(f"{path} is not written in TOML: {error}.") from error
    where = {name: f"{path.name}, line {line}" for name, line in lines_of_keys(text)}
    return _Source(values, where, path.name)


def _refuse_unknown(source: _Source) -> None:
    known = list(_names(Settings))
    for name in _flat(source.values):
        if name in known or name.startswith("strategies."):
            continue
        place = f"It stands in {source.place(name)}." if source.elsewhere != "command line" else ""
        raise UnknownName("setting", name, _meant(name, known) or known, place)


def _meant(name: str, known: list[str]) -> list[str]:
    """The settings that `name` may have been meant for: near it, or so called in another section."""
    section, _, leaf = name.rpartition(".")
    siblings = {each.rpartition(".")[2]: each for each in known if each.rpartition(".")[0] == section}
    return (
        [each for each in known if each.rpartition(".")[2] == leaf]
        or [siblings[near] for near in nearest(leaf, siblings)]
        or nearest(name, known)
    )


_SAID: Final = {  # by the kind of the error, where pydantic's own words are not those of a trader
    "too_short": "name at least one",
    "bool_parsing": "it should be true or false",
    "dict_type": "it should be a section, as [strategies.rsi-reversal]",
    "model_type": "it should be a section, as [dashboard]",
}


def _bad_setting(error: ValidationError, merged: Nested, sources: list[_Source]) -> UsageError:
    """What is wrong with the first bad value, in our words."""
    first = error.errors(include_url=False)[0]
    names = [part for part in first["loc"] if isinstance(part, str)]
    name = ".".join(names)
    why = first["msg"].removeprefix("Value error, ")
    why = _SAID.get(first["type"], why.replace("Input should be", "it should be").partition(", unable to")[0])
    if not name:
        return BadSetting(f"The settings do not fit together: {why}.")
    place = _place(name, sources)
    value = _at(merged, first["loc"])
    allowed = str(first.get("ctx", {}).get("expected", ""))
    near = nearest(str(value), re.findall(r"'([^']+)'", allowed))
    shown = "" if _is_secret(names[0]) else f" = {value!r}"
    return BadSetting(
        f"{name}{shown} ({place}) cannot be: {why if why.endswith('?') else why.rstrip('.') + '.'}"
        + (f" Did you mean {near[0]!r}?" if near else "")
    )


def _load_indicators(settings: Settings, folder: DataFolder, sources: list[_Source]) -> None:
    """Run the user's own files; a name that is not absolute is beside config.toml."""
    from thebot.indicators.own import load

    for name in settings.indicator_files:
        try:
            load(folder.path / Path(name).expanduser())
        except UsageError as error:
            error.add_note(f"It is named in {_place('indicator_files', sources)}.")
            raise


def _check_rules(settings: Settings, sources: list[_Source]) -> None:
    """Raise UnknownName or BadSetting for a strategy or an indicator that cannot be."""
    from thebot.indicators import parse_whole
    from thebot.strategy.catalogue import strategy

    for name, each in settings.strategies.items():
        try:
            strategy(name, **each.parameters)
        except UsageError as error:
            error.add_note(f"It stands in {_place(f'strategies.{name}', sources)}.")
            raise
    for text in settings.indicators:
        try:
            parse_whole(text)
        except UsageError as error:
            wrong = BadSetting(f"indicators: {text!r} cannot be read. {error}")
            wrong.add_note(f"It stands in {_place('indicators', sources)}.")
            raise wrong from error


def _place(name: str, sources: list[_Source]) -> str:
    """Where the value in force of a setting, or of the first one below it, was written."""
    for source in sources:
        for each in _flat(source.values):
            if each == name or each.startswith(f"{name}."):
                return source.place(each)
    return "the defaults"


def _is_secret(name: str) -> bool:
    return SecretStr.__name__ in str(Settings.model_fields[name].annotation)


def _names(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    """Every setting by its full name: "exchange", "dashboard.port", ..."""
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from _names(field.annotation, f"{prefix}{name}.")
        else:
            yield prefix + name


def _flat(values: Mapping[str, Any], prefix: str = "") -> Nested:
    """{"dashboard": {"port": 1}} as {"dashboard.port": 1}."""
    found: Nested = {}
    for name, value in values.items():
        if isinstance(value, Mapping) and value:
            found |= _flat(value, f"{prefix}{name}.")
        elif not isinstance(value, Mapping):
            found[prefix + name] = value
    return found


def _laid_over(below: Nested, above: Mapping[str, Any]) -> Nested:
    both = dict(below)
    for name, value in above.items():
        mine = both.get(name)
        both[name] = (
            _laid_over(mine, value) if isinstance(mine, dict) and isinstance(value, Mapping) else value
        )
    return both


def _without_none(values: Mapping[str, Any]) -> Nested:
    kept = {k: _without_none(v) if isinstance(v, Mapping) else v for k, v in values.items() if v is not None}
    return {name: value for name, value in kept.items() if value != {}}


def _at(values: Any, path: tuple[int | str, ...]) -> Any:  # noqa: ANN401  (any value of a configuration)
    """The innermost value on that path that can be reached."""
    for part in path:
        if isinstance(values, str):  # a list written with commas: all of it
            break
        try:
            values = values[part]
        except (KeyError, IndexError, TypeError):
            return values
    return values


def _typed(value: Any) -> Any:  # noqa: ANN401  (a parameter of any type)
    """ "14" as 14, "true" as True: as it would be read in the file; anything else is text."""
    if not isinstance(value, str):
        return value
    try:
        return tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return value


def _plain(value: Any) -> Any:  # noqa: ANN401  (any value of a setting)
    """As JSON can hold it; the password of an address is starred."""
    if isinstance(value, SecretStr):
        return _starred(value.get_secret_value())
    if isinstance(value, BaseModel):
        return {name: _plain(each) for name, each in value}  # extra ones too
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return value if isinstance(value, str | int | float | bool) or value is None else str(value)


def _starred(url: str) -> str:
    parts = urlsplit(url)
    _, _, host = parts.netloc.rpartition("@")
    user = (parts.username or "") + (":***" if parts.password else "")
    return parts._replace(netloc=f"{user}@{host}" if user else host, query="").geturl()
