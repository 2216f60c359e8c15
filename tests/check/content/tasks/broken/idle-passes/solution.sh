#-- remove it
rm -f /tmp/leftover; echo done
