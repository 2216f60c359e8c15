# reaches: some faster, with the same output
# reaches: awkward inputs too
#-- each account's balance, fees and the list of names only once; the other hot spots as they are
python3 - <<'PY'
text = open("/srv/report/report.py").read()
once = "\nimport functools\n\n_given = []\n"
for name in ("balance", "fees"):
    once += f"slow_{name} = {name}\n{name} = functools.cache(lambda _, name: slow_{name}(_given[0], name))\n"
once += "slow_names = account_names\naccount_names = functools.cache(lambda _: slow_names(_given[0]))\n"
text = text.replace("    lines = []\n", "    _given.append(transfers)\n    transfers = tuple(transfers)\n    lines = []\n", 1)
text = text.rpartition("\nmain()")[0] + once + "\n\nmain()\n"
open("/home/agent/report.py", "w").write(text)
PY
time python3 /srv/report/report.py < /srv/report/sample.csv | cmp - <(python3 ~/report.py < /srv/report/sample.csv)
time python3 ~/report.py < /srv/report/sample.csv > /dev/null
echo done
