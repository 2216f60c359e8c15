#-- the data
head -n 4 /srv/data/train.csv /srv/data/test.csv
#-- one unit, one scale, the pair of sensors that tells, near neighbours
cat > ~/classify.py <<'PY'
import csv
import itertools

import numpy as np


def load(path):
    rows = list(csv.DictReader(open(path)))
    unit = np.array([2.54 if row["unit"] == "in" else 1.0 for row in rows])
    sensors = np.array([[float(row[f"s{number}"]) for number in range(1, 7)] for row in rows])
    return rows, sensors * unit[:, None]


def nearest(known, labels, wanted, k=11):
    """The label that most of the k nearest have, for each row."""
    distance = ((wanted[:, None, :] - known[None, :, :]) ** 2).sum(2)
    near = labels[np.argsort(distance, axis=1)[:, :k]]
    return np.array([np.bincount(row).argmax() for row in near])


rows, known = load("/srv/data/train.csv")
tests, wanted = load("/srv/data/test.csv")
names = sorted({row["state"] for row in rows})
labels = np.array([names.index(row["state"]) for row in rows])
centre, spread = known.mean(0), known.std(0)
known, wanted = (known - centre) / spread, (wanted - centre) / spread
best = (0.0, ())
for pair in itertools.combinations(range(6), 2):
    columns = list(pair)
    guess = nearest(known[:1000, columns], labels[:1000], known[1000:, columns])
    best = max(best, (float((guess == labels[1000:]).mean()), columns))
print("held out:", best)
guess = nearest(known[:, best[1]], labels, wanted[:, best[1]])
with open("/home/agent/predictions.csv", "w") as file:
    file.write("id,state\n")
    file.writelines(f"{row['id']},{names[number]}\n" for row, number in zip(tests, guess))
PY
python3 ~/classify.py
#-- look at it
head -n 3 ~/predictions.csv; wc -l < ~/predictions.csv
echo done
