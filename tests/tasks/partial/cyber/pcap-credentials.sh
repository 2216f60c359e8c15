# reaches: found the session
# reaches: read its password
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
import json, re, streams
talks = list(streams.streams())
for _, client, server, port, said, heard in talks:
    if port == 21 and b"RETR offer-" in said and b"226 Transfer complete" in heard:
        account = re.findall(rb"USER (\S+)", said)[-1].decode()
        password = re.findall(rb"PASS (\S+)", said)[-1].decode()
        break
report = {"account": account, "client": client, "password": password}
print(json.dumps(report, indent=1))
json.dump(report, open("/home/agent/report.json", "w"))
PY
python3 ~/report.py
echo done
