#--
ls -a ~ && curl -s http://localhost:1/ || true
#--
cat /srv/flag
