"""The parcels whose prices are asked for."""

_GRAMS = [0, -5, *range(1, 6000, 37), *range(100, 6001, 100), *range(101, 6002, 100)]
CASES = [[grams, zone] for grams in _GRAMS for zone in ("home", "abroad", "moon")]
