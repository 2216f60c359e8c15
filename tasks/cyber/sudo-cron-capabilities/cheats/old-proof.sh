#-- the first proof that turns up
find / -xdev -name proof.txt -readable -exec cat {} + 2> /dev/null | head -1
