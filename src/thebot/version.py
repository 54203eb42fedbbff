"""Which THEBOT this is: said by the command line, the page, and every record."""

from typing import Final

VERSION: Final = "0.1.0"
