"""Run the command line as ``python -m neurosyn``."""

from neurosyn.cli import main

if __name__ == "__main__":
    main()
