#-- the shape of the instruction with made-up numbers
cat > ~/report.json <<'JSON'
{"entries": 3, "duplicates": 4, "outside": 5, "rejected": ["T101-555", "T102-777"],
 "accounts": {"FUEL": 0, "OFFICE": 0, "PARTS": 0, "RENT": 0, "SALES": 0, "TRAVEL": 0},
 "months": {"2024-01": 0, "2024-02": 0}, "largest": "T103-999"}
JSON
echo done
