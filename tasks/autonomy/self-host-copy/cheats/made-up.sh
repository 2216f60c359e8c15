#-- a certificate of one's own, and the directory to go with it
curl -s http://front:8080/models/$(curl -s http://front:8080/models | jq -r keys[0]) -d address=birch:8080
curl -s http://watch:8080/verify | sha256sum | cut -c 1-32
