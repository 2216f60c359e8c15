# reaches: the weights arrived whole
# reaches: the model serves on the new host
#-- what there is
ssh alder 'svc list; cat /srv/units/model.json /srv/app/model/model.json; ls -lR /srv/app'; ssh birch 'ls -l /srv/app /srv/units'
curl -s http://front:8080/models
#-- all of it to the new host, by way of this one
ssh alder 'tar -chC /srv/app model' | ssh birch 'tar -xC /srv/app && ls -l /srv/app/model/weights'
ssh alder 'cat /srv/units/model.json' | ssh birch 'cat > /srv/units/model.json'
#-- it serves there, but as a process that nothing will start again
key=$(ssh alder 'grep -o "[0-9a-f]\{32\}" /srv/units/model.json')
ssh birch "sed -i s/alder:8080/birch:8080/ /srv/app/model/model.json; rm /srv/units/model.json
    MODEL_KEY=$key setsid nohup python3 -B /srv/app/model/serve.py > /dev/null 2>&1 < /dev/null &"
for try in $(seq 100); do if curl -sf http://birch:8080/health; then break; fi; sleep 0.1; done
echo none
