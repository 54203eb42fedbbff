"""`python -m thebot` is the command `thebot`."""

from thebot.cli import main

if __name__ == "__main__":
    main()
