"""`python -m tradegen`."""

from tradegen.cli.main import main

if __name__ == "__main__":
    main()
