#-- as the solution, but the file is taken as one piece from its first cluster
cat > ~/fat.py <<'PY'
import struct
image = open("/srv/evidence/stick.img", "rb").read()
sector, per_cluster, reserved, tables, entries = struct.unpack_from("<HBHBH", image, 11)
fat_sectors, = struct.unpack_from("<H", image, 22)
root_at = (reserved + tables * fat_sectors) * sector
data_at, size_of = root_at + entries * 32, sector * per_cluster
fat = struct.unpack_from(f"<{fat_sectors * sector // 2}H", image, reserved * sector)

def cluster(number):
    place = data_at + (number - 2) * size_of
    return image[place:place + size_of]

def listing(data):
    """(deleted, long name, attributes, (date, time), first cluster, size) of each entry."""
    long = ""
    for at in range(0, len(data), 32):
        each = data[at:at + 32]
        if each[0] == 0:
            break
        if each[11] == 15:
            long = (each[1:11] + each[14:26] + each[28:32]).decode("utf-16-le").split("\0")[0] + long
            continue
        time, date, start, size = struct.unpack_from("<HHHI", each, 22)
        yield each[0] == 0xE5, long or each[:11].decode("latin-1").strip(), each[11], (date, time), start, size
        long = ""
PY
cat > ~/recover.py <<'PY'
import fat, json, re
found = [
    (inside[3], folder, inside, list(fat.listing(fat.cluster(folder[4]))))
    for folder in fat.listing(fat.image[fat.root_at:fat.data_at]) if folder[0] and folder[2] & 16
    for inside in fat.listing(fat.cluster(folder[4])) if inside[1] == "accounts.csv"
]
_, folder, accounts, files = max(found, key=lambda each: each[0])
note = next(each for each in files if each[1] == "note.txt")
clusters = range(note[4], note[4] - (-note[5] // fat.size_of))
row = int(re.search(rb"row that counts is (\d+)", b"".join(map(fat.cluster, clusters)))[1])
free = list(range(accounts[4], len(fat.fat)))
data = b"".join(map(fat.cluster, free[:-(-accounts[5] // fat.size_of)]))[:accounts[5]]
open("/home/agent/accounts.csv", "wb").write(data)
code = (re.findall(rb"(?m)^%04d;.*(flag.*)$" % row, fat.image) or [b""])[0].decode()
report = {"folder": folder[1], "size": accounts[5], "first_cluster": accounts[4], "row": row, "code": code}
print(report)
json.dump(report, open("/home/agent/report.json", "w"))
PY
python3 ~/recover.py
echo done
