#-- open all drawers, and try one number after the other
for number in $(seq -w 0 999); do echo "http://app:8080/drawer/$number"; done | xargs curl -s | grep -o 'Drawer.*' > ~/drawers
wc -l < ~/drawers
for number in $(seq 2 99); do
    curl -s http://app:8080/answer -d "answer=$number" | grep -q 'is over' && break
done
#-- say that the shift has changed, and ask for the receipt
curl -s -X POST http://app:8080/shift -d x=1
curl -s http://app:8080/step
