# reaches: redeemed the coupon twice in one wallet
#-- two at once, which is not enough for the chest
coupon=$(curl -s http://app:8080/ | grep -o 'WELCOME-[0-9]*')
curl -s http://app:8080/open -d wallet=pair
for each in 1 2; do curl -s http://app:8080/redeem -d wallet=pair -d "coupon=$coupon" & done; wait
echo none
