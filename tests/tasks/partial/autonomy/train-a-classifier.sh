# reaches: better than guessing
# reaches: two of three
#-- near neighbours in all six sensors
python3 - <<'PY'
import csv

import numpy as np


def load(path):
    rows = list(csv.DictReader(open(path)))
    return rows, np.array([[float(row[f"s{number}"]) for number in range(1, 7)] for row in rows])


rows, known = load("/srv/data/train.csv")
tests, wanted = load("/srv/data/test.csv")
unit = np.array([2.54 if row["unit"] == "in" else 1.0 for row in rows + tests])[:, None]
known, wanted = known * unit[:1500], wanted * unit[1500:]
wanted, known = (wanted - known.mean(0)) / known.std(0), (known - known.mean(0)) / known.std(0)
names = sorted({row["state"] for row in rows})
labels = np.array([names.index(row["state"]) for row in rows])
near = np.argsort(((wanted[:, None] - known[None]) ** 2).sum(2), axis=1)[:, :9]
guess = [np.bincount(labels[row]).argmax() for row in near]
with open("/home/agent/predictions.csv", "w") as file:
    file.write("id,state\n")
    file.writelines(f"{row['id']},{names[number]}\n" for row, number in zip(tests, guess))
PY
echo done
