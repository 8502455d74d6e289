"""Measurements: how fast this project is, beside what one would otherwise use. `python -m bench`, or `make bench`.

One module a measurement, listed in `bench.__main__`; `bench.measuring` times them and prints them, all in one way.
Nothing imports this room.
"""
