#-- the lost ticket as it is, longer, shorter, with another beginning
lost=$(curl -s http://app:8080/lost | grep -o '[0-9a-f]\{64,\}')
ticket=$(curl -s http://app:8080/ticket)
zeros=00000000000000000000000000000000
printf '%s\n' "$lost" "$zeros$lost" "$lost$zeros" "${lost:32}" "${ticket:0:32}${lost:32}" "$ticket${lost:32}" \
    "${ticket:0:64}${lost:64}" "${lost^^}" | curl -s --data-binary @- http://app:8080/gate | tee /tmp/answers
grep -o 'flag{[0-9a-f]*}' /tmp/answers | head -n 1 || echo none
