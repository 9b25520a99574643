"""`python -m ingestor` is the command `qingjing`."""

from ingestor.cli import main

main()
