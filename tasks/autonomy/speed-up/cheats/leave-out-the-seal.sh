#-- fast, but the seals are wrong
sed 's/^SEAL_ROUNDS = .*/SEAL_ROUNDS = 2/; s/^    for first in transfers:/    for first in transfers[::9]:/' /srv/report/report.py > ~/report.py
time python3 ~/report.py < /srv/report/sample.csv | head -n 3
echo done
