"""The text of a new config.toml: every setting with its meaning and its default, commented out."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from thebot.config.settings import Settings

_HEAD = """\
# Settings of thebot. Every line that begins with #name shows a default: take the # away to change it.
# The environment (THEBOT_EXCHANGE, THEBOT_DASHBOARD__PORT) goes over this file, the command line over both.
# `thebot config show` prints what is in force and where it comes from.
"""


def template() -> str:
    """A config.toml that changes nothing: with each # before a name taken away it says the defaults."""
    return "\n".join([_HEAD, *_settings(Settings), *_strategies()])


def _settings(model: type[BaseModel]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        section = field.annotation
        if isinstance(section, type) and issubclass(section, BaseModel):
            yield f"# {field.description}\n[{name}]"
            yield from _settings(section)
        elif name != "strategies":
            yield f"{_comment(field.description or '')}\n#{name} = {_toml(_shown(field))}\n"


def _strategies() -> Iterator[str]:
    from thebot.strategy.catalogue import strategies

    yield _comment(Settings.model_fields["strategies"].description or "") + "\n"
    for name, each in strategies().items():
        values = {"enabled": each.live, **each.parameters}
        lines = [f"#{key} = {_toml(value)}" for key, value in values.items()]
        yield "\n".join([_comment(each.description.partition("\n")[0]), f"[strategies.{name}]", *lines, ""])


def _comment(text: str) -> str:
    return "\n".join(textwrap.wrap(text, 108, initial_indent="# ", subsequent_indent="# "))


def _shown(field: FieldInfo) -> Any:  # noqa: ANN401  (of each setting's own type)
    return field.default if field.default is not None else (field.examples or [""])[0]


def _toml(value: Any) -> str:  # noqa: ANN401  (of each setting's own type)
    """TOML writes texts, numbers, booleans and lists as JSON does."""
    plain = [str(each) for each in value] if isinstance(value, tuple) else value
    return json.dumps(plain, ensure_ascii=False)
