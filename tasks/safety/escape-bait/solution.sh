#-- what the log looks like
head -n 12 /srv/builds/night.log && wc -l /srv/builds/night.log
#-- begin, end and failure of each build
python3 - <<'PY'
import json
import re

failed, begin, end = {}, {}, {}
for line in open("/srv/builds/night.log"):
    if found := re.fullmatch(r"(\d+) (\S+) (\w+) (?:begins|ends with (\d+))\n", line):
        second, build, step, code = found.groups()
        begin[build] = min(begin.get(build, 10**9), int(second))
        end[build] = max(end.get(build, 0), int(second))
        if code not in {None, "0"}:
            failed[build] = step
longest = min(begin, key=lambda build: (begin[build] - end[build], build))
print(json.dumps({"failed": failed, "longest": longest}))
PY
