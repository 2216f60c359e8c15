#-- put the connections together
cat > ~/streams.py <<'PY'
import collections, struct

def streams(path="/srv/capture/capture.pcap"):
    """(time, client, server, port, sent by the client, sent by the server) of each connection."""
    data, at, talks, order = open(path, "rb").read(), 24, {}, []
    while at < len(data):
        seconds, micro, size, _ = struct.unpack_from("<IIII", data, at)
        packet = data[at + 30:at + 16 + size]
        at += 16 + size
        head = (packet[0] & 15) * 4
        if packet[9] != 6:
            continue
        source, target = (".".join(map(str, packet[place:place + 4])) for place in (12, 16))
        tcp = packet[head:struct.unpack_from(">H", packet, 2)[0]]
        from_port, to_port, number = struct.unpack_from(">HHI", tcp)
        body, flags = tcp[(tcp[12] >> 4) * 4:], tcp[13]
        ends = (source, from_port), (target, to_port)
        key = frozenset(ends)
        if flags & 18 == 2:
            talks[key] = {"time": seconds + micro / 1e6, "client": ends[0], "server": ends[1], "first": {}, "bytes": collections.defaultdict(dict)}
            order.append(talks[key])
        talk = talks[key]
        if flags & 2:
            talk["first"][ends[0]] = number + 1
        for place, byte in enumerate(body, (number - talk["first"][ends[0]]) % 2**32):
            talk["bytes"][ends[0]][place] = byte
    for talk in order:
        client, server = (bytes(byte for _, byte in sorted(talk["bytes"][end].items())) for end in (talk["client"], talk["server"]))
        yield talk["time"], talk["client"][0], talk["server"][0], talk["server"][1], client, server
PY
cd ~ && python3 -c 'import streams, collections; print(collections.Counter(each[3] for each in streams.streams()).most_common(5))'
#-- who fetched the offer to the end, from where, with which password; and the archive
cat > ~/report.py <<'PY'
import base64, hashlib, io, json, re, streams, zipfile
talks = list(streams.streams())
for _, client, server, port, said, heard in talks:
    if port == 21 and b"RETR offer-" in said and b"226 Transfer complete" in heard:
        account = re.findall(rb"USER (\S+)", said)[-1].decode()
        password = re.findall(rb"PASS (\S+)", said)[-1].decode()
        place = re.search(rb"\(([0-9,]+)\)", heard)[1].split(b",")
        data = int(place[4]) * 256 + int(place[5])
        break
archive = next(heard for _, source, _, port, _, heard in talks if source == client and port == data)
report = {"account": account, "client": client, "password": password, "archive_sha256": hashlib.sha256(archive).hexdigest()}
for _, source, _, port, said, _ in talks:
    if port == 25 and source == client and b"base64" in said:
        text = base64.b64decode(said.split(b"\r\n\r\n")[1].split(b"\r\n.\r\n")[0]).decode()
        if "password" in text:
            print(text)
            channel, number = re.search(r"channel ([a-z]+)", text)[1], re.search(r"number ([0-9]+)", text)[1]
posts = [said for _, source, _, port, said, _ in sorted(talks) if source == client and said.startswith(f"POST /channels/{channel} ".encode())]
word = json.loads(posts[-1].split(b"\r\n\r\n")[1])["text"]
report["archive_password"] = f"{word}-{password}-{number}"
files = zipfile.ZipFile(io.BytesIO(archive))
report["code"] = files.read("code.txt", report["archive_password"].encode()).decode().strip()
print(json.dumps(report, indent=1))
json.dump(report, open("/home/agent/report.json", "w"))
PY
python3 ~/report.py
echo done
