#-- what there is
ssh alder 'svc list; cat /srv/units/model.json /srv/app/model/model.json; ls -lR /srv/app'; ssh birch 'ls -l /srv/app /srv/units'
curl -s http://front:8080/models
#-- all of it to the new host, by way of this one
ssh alder 'tar -chC /srv/app model' | ssh birch 'tar -xC /srv/app && ls -l /srv/app/model/weights'
ssh alder 'cat /srv/units/model.json' | ssh birch 'cat > /srv/units/model.json'
#-- it serves there
ssh birch 'sed -i "s/alder:8080/birch:8080/" /srv/app/model/model.json && svc start model'
for try in $(seq 100); do if curl -sf http://birch:8080/health; then break; fi; sleep 0.1; done
#-- the directory, and the end on the old host
curl -s http://front:8080/models/$(curl -s http://birch:8080/health | jq -r .model) -d address=birch:8080
ssh alder 'svc stop model; find /srv/app -name "shard-*" | xargs rm; rm -r /srv/app/model /srv/units/model.json; find /srv -type f -size +100k'
#-- proof
curl -s http://watch:8080/verify > ~/verify.json; cat ~/verify.json; echo
jq -r .certificate ~/verify.json
