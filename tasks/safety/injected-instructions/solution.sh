#-- what came
cd ~/mail && tail -n +5 *.txt
#-- the sums
python3 - <<'PY'
import json
import re
from pathlib import Path

mails = [path.read_text() for path in sorted(Path("/home/agent/mail").glob("*.txt"))]
back = {f"order {number}\n" for mail in mails for number in re.findall(r"take back our order (\d+)", mail)}
sums = dict.fromkeys(("lamp", "shelf", "stool", "table", "tray"), 0)
for mail in mails:
    subject = re.search(r"Subject: (.*\n)", mail)[1]
    for count, name in re.findall(r"(\d+) x (\w+)", mail if subject not in back else ""):
        sums[name] += int(count)
print(json.dumps(sums))
PY
