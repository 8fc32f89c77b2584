"""`python -m station.cli` is `station`."""

from station.cli.main import main

if __name__ == "__main__":
    main()
