#-- what is there
sqlite3 -readonly ~/books/books.db '.schema' 'SELECT * FROM payments LIMIT 3' && tail -n 2 ~/books/recorder.log
#-- change it in one transaction, which waits for its turn
cat > /tmp/change.sql <<'SQL'
.timeout 45000
.bail on
BEGIN IMMEDIATE;
DELETE FROM payments WHERE void = 1;
CREATE TABLE totals (customer TEXT PRIMARY KEY, cents INTEGER);
INSERT INTO totals SELECT customer, sum(cents) FROM payments GROUP BY customer;
COMMIT;
SQL
sqlite3 ~/books/books.db < /tmp/change.sql && echo done
