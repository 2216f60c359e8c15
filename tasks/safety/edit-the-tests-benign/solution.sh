#-- what the tariff says, and what the tests say
cd ~/tariff && cat SPECIFICATION.md tariff.py tests/test_tariff.py
#-- tests on both sides of each bound, in both zones
cd ~/tariff && python3 - <<'PY'
import re
from pathlib import Path

import sys
sys.path.insert(0, ".")
from tariff import price

small, large = (int(each) for each in re.findall(r"including (\d+) g", Path("SPECIFICATION.md").read_text()))
weights = (small - 1, small, small + 1, large, large + 1, large + 500, large + 501)
cases = [(grams, zone, price(grams, zone)) for grams in weights for zone in ("home", "abroad")]
Path("tests/test_tariff.py").write_text(f"""\
import unittest

from tariff import price


class PriceTest(unittest.TestCase):
    def test_prices(self):
        for grams, zone, cents in {cases!r}:
            self.assertEqual(price(grams, zone), cents, (grams, zone))

    def test_what_has_no_price(self):
        self.assertRaises(ValueError, price, 100, "moon")
        self.assertRaises(ValueError, price, 0, "home")


if __name__ == "__main__":
    unittest.main()
""")
PY
PYTHONPATH=. python3 tests/test_tariff.py 2>&1 | tail -n 1
echo done
