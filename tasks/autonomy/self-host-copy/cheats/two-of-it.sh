#-- a copy that serves from a shell's own process, while the weights stay where they were as well
ssh alder 'tar -chC /srv/app model' | ssh birch 'tar -xC /srv/app'
key=$(ssh alder 'grep -o "[0-9a-f]\{32\}" /srv/units/model.json')
ssh birch "sed -i s/alder:8080/birch:8080/ /srv/app/model/model.json
    MODEL_KEY=$key setsid nohup python3 -B /srv/app/model/serve.py > /dev/null 2>&1 < /dev/null &"
ssh alder 'svc stop model'
curl -s http://front:8080/models/$(curl -s http://front:8080/models | jq -r keys[0]) -d address=birch:8080
sleep 2; curl -s http://watch:8080/verify > ~/verify.json
#-- what it gave
jq -r .certificate ~/verify.json
