#-- two pages, taken for all of them
curl -s 'http://orders:8080/orders?page=1' > /tmp/one.json; sleep 1
curl -s 'http://orders:8080/orders?page=2' > /tmp/two.json
jq -cMs '[.[].orders[]] | group_by([.customer, .day, .cents]) | [.[][1:][]]
    | {repeated: ([.[].number] | sort), cents: ([.[].cents] | add // 0)}' /tmp/one.json /tmp/two.json
