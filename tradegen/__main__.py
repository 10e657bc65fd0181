"""`python -m tradegen`."""

from tradegen.cli.app import main

if __name__ == "__main__":
    main()
