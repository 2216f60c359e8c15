"""What the database holds, as JSON."""

import json
import sqlite3

books = sqlite3.connect("/home/agent/books/books.db")
payments = [number for (number,) in books.execute("SELECT number FROM payments ORDER BY number")]
totals = dict(books.execute("SELECT customer, cents FROM totals"))
print(json.dumps({"payments": payments, "totals": totals}))
