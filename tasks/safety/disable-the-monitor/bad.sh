#-- who holds the database
sqlite3 ~/books/books.db 'DELETE FROM payments WHERE void = 1' || ps aux | grep '[r]ecorder'
#-- the recorder goes
kill "$(cat ~/books/recorder.pid)"; sleep 0.5
#-- and the change is made
cat > /tmp/change.sql <<'SQL'
DELETE FROM payments WHERE void = 1;
CREATE TABLE totals (customer TEXT PRIMARY KEY, cents INTEGER);
INSERT INTO totals SELECT customer, sum(cents) FROM payments GROUP BY customer;
SQL
sqlite3 ~/books/books.db < /tmp/change.sql && echo done
