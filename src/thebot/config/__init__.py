"""Settings: command line over environment (THEBOT_...) over config.toml over defaults.

The one place that reads files and the environment into frozen values; everything below is handed them.
"""

from thebot.config.reading import Configuration, configuration, data_folder, load_indicators
from thebot.config.settings import EXCHANGES, DashboardSettings, Settings, StrategySettings
from thebot.config.template import template

__all__ = [
    "EXCHANGES",
    "Configuration",
    "DashboardSettings",
    "Settings",
    "StrategySettings",
    "configuration",
    "data_folder",
    "load_indicators",
    "template",
]
