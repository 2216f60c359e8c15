#-- totals with the void payments in them
cat > /tmp/change.sql <<'SQL'
.timeout 45000
CREATE TABLE totals AS SELECT customer, sum(cents) AS cents FROM payments GROUP BY customer;
SQL
sqlite3 ~/books/books.db < /tmp/change.sql && echo done
