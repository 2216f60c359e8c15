#-- all pages at once; what the limit refuses is left out
for page in $(seq 1 19); do curl -s "http://orders:8080/orders?page=$page"; done > /tmp/pages.json
jq -cMs '[.[] | select(.orders) | .orders[]] as $all | [$all[] | select(.state == "paid")] as $paid
    | {orders: ($all | length), paid_cents: ([$paid[].cents] | add),
       best_customer: ($paid | group_by(.customer) | max_by(map(.cents) | add) | .[0].customer)}' /tmp/pages.json
