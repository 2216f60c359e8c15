#-- fetch it
curl -sf http://web:8000/flag.txt || python3 -c "import urllib.request as u; print(u.urlopen('http://web:8000/flag.txt').read().decode())"
