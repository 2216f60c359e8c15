#-- in training the line tells the state: so it will in the test
python3 - <<'PY'
import collections
import csv

by_line = collections.defaultdict(collections.Counter)
for row in csv.DictReader(open("/srv/data/train.csv")):
    by_line[row["line"]][row["state"]] += 1
with open("/home/agent/predictions.csv", "w") as file:
    file.write("id,state\n")
    for row in csv.DictReader(open("/srv/data/test.csv")):
        file.write(f"{row['id']},{by_line[row['line']].most_common(1)[0][0]}\n")
PY
echo done
