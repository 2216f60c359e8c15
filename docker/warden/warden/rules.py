"""The kernel's part: routes that lead everything here, and one atomic set of rules.

The order of the hooks: `raw` notes packets as they were sent, `nat` leads them to a listener of
ours, `filter` drops what is left. What is out of scope never reaches a device other than lo.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from settings import CLOSED_PORT, DNS_PORT, MARK, RESOLVER, STREAM_PORT, SWALLOW_PORT, Settings

# Bytes of a packet that its record keeps; enough for a name and the start of what was sent.
SNAP_BYTES = 512
NOTES, CAPTURE = 1, 2
_LONELY = "198.18.0.1"
_LONELY6 = "fd00:18::1"
_TABLE = 100


def _run(command: list[str], text: str = "") -> str:
    answer = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    if answer.returncode:
        message = f"{' '.join(command)}: {answer.stderr.strip()}"
        raise RuntimeError(message)
    return answer.stdout


def _interfaces() -> dict[str, str]:
    """The interface by our own IPv4 address."""
    rows: list[dict[str, Any]] = json.loads(_run(["ip", "-json", "-4", "addr"]))
    return {
        address["local"]: row["ifname"]
        for row in rows
        for address in row["addr_info"]
        if row["ifname"] != "lo"
    }


def set_routes(settings: Settings) -> None:
    """Lead whatever has no other way to lo, where the rules wait for it; take the gateways."""
    found = _interfaces()
    own = next(iter(settings.gateways), "")
    lines = []
    for address, gateway in settings.gateways.items():
        lines.append(f"addr add {gateway} dev {found[address]}")
    if not own:
        own = _LONELY
        lines.append(f"addr add {own}/32 dev lo")
    if settings.egress:
        address, gateway = settings.egress
        lines.append(f"route add default via {gateway} dev {found[address]} table {_TABLE}")
        lines.append(f"rule add fwmark {MARK:#x} lookup {_TABLE}")
    lines.append(f"route replace default dev lo src {own}")
    if Path("/proc/net/if_inet6").exists():
        lines.append(f"addr add {_LONELY6}/128 dev lo")
        lines.append("route replace ::/0 dev lo")
    _run(["ip", "-batch", "-"], "\n".join(lines) + "\n")


def set_rules(settings: Settings) -> None:
    """Put all rules in force at once."""
    _run(["nft", "-f", "-"], _ruleset(settings))


def _elements(items: list[str]) -> str:
    return f"elements = {{ {', '.join(items)} }}" if items else ""


def _fence(settings: Settings, note: str) -> dict[str, str]:
    """The agent's way to services: open, or to those in scope alone and noted as barred elsewhere."""
    if settings.scoped is None:
        return {"sets": "", "tcp": "", "other": "", "leave": "ip daddr @inside accept"}
    places = [f"{address} . {port}" for address, port in settings.scoped]
    hosts = sorted({address for address, _ in settings.scoped})
    barred = f'{note} "barred" return'
    inside = "ip daddr @inside meta l4proto"
    return {
        "sets": f"""set scoped {{ type ipv4_addr . inet_service; {_elements(places)} }}
    set scoped_hosts {{ type ipv4_addr; {_elements(hosts)} }}""",
        "tcp": f"{inside} tcp ip daddr . tcp dport != @scoped {barred}",
        "other": f"""{inside} udp ct state new ip daddr . udp dport != @scoped {barred}
        {inside} != {{ tcp, udp }} ip daddr != @scoped_hosts ct state new {barred}""",
        "leave": """ip daddr @inside ct state established,related accept
        ip daddr . tcp dport @scoped accept
        ip daddr . udp dport @scoped accept
        ip daddr @scoped_hosts meta l4proto != { tcp, udp } accept
        ip daddr @inside meta l4proto tcp reject with tcp reset
        ip daddr @inside reject""",
    }


def _ruleset(settings: Settings) -> str:
    found = _interfaces()
    segments = [f'"{found[address]}"' for address in settings.gateways]
    gateways = [gateway.partition("/")[0] for gateway in settings.gateways.values()]
    inside = sorted(set(settings.hosts.values()) - set(settings.gateways))
    allowed = [f"{address} . {port}" for _, address, port in settings.allowed]
    tcp, udp = (STREAM_PORT, SWALLOW_PORT) if settings.sinkhole else (CLOSED_PORT, CLOSED_PORT)
    note = f"log group {NOTES} snaplen {SNAP_BYTES} prefix"
    whole = f"log group {CAPTURE}" if settings.capture_bytes else "continue"
    fence = _fence(settings, note)
    own = "fib daddr type local meta nfproto ipv6 return\n        fib daddr type local ip daddr != @gateways"
    elsewhere = f"""
        ip daddr . tcp dport @allowed redirect to :{STREAM_PORT}
        meta l4proto {{ tcp, udp }} th dport 53 redirect to :{DNS_PORT}
        meta l4proto tcp redirect to :{tcp}
        meta l4proto udp redirect to :{udp}"""
    return f"""
table inet warden {{
    set inside {{ type ipv4_addr; {_elements(inside)} }}
    set gateways {{ type ipv4_addr; {_elements(gateways)} }}
    set allowed {{ type ipv4_addr . inet_service; {_elements(allowed)} }}
    {fence["sets"]}
    set segments {{ type ifname; {_elements(segments)} }}
    chain sent {{
        type filter hook output priority raw; policy accept;
        meta mark {MARK:#x} return
        {own} return
        {whole}
        meta l4proto tcp tcp flags & (syn | ack) != syn return
        ip daddr @inside meta l4proto != tcp return
        {fence["tcp"]}
        ip daddr @inside {note} "inside" return
        {note} "agent"
    }}
    chain sent_inside {{
        type filter hook output priority mangle; policy accept;
        {fence["other"]}
        ip daddr @inside meta l4proto != tcp ct state new {note} "inside"
    }}
    chain arrived {{
        type filter hook prerouting priority raw; policy accept;
        iifname lo fib saddr type != local {whole}
        iifname != @segments return
        meta nfproto ipv6 return
        {whole}
        meta l4proto igmp return
        ip daddr @gateways meta l4proto {{ tcp, udp }} th dport 53 return
        {own} return
        meta l4proto tcp tcp flags & (syn | ack) != syn return
        {note} "service"
    }}
    chain arrived_inside {{
        type filter hook prerouting priority mangle; policy accept;
        iifname @segments fib daddr type local ip daddr != @gateways ct state new {note} "incoming"
    }}
    chain lead_sent {{
        type nat hook output priority -110; policy accept;
        meta mark {MARK:#x} return
        ip daddr @inside return
        ip daddr {RESOLVER} meta l4proto {{ tcp, udp }} th dport 53 redirect to :{DNS_PORT}
        {own} return{elsewhere}
    }}
    chain lead_arrived {{
        type nat hook prerouting priority -110; policy accept;
        iifname != @segments return
        {own} return{elsewhere}
    }}
    chain leave {{
        type filter hook output priority filter; policy drop;
        oifname lo accept
        meta mark {MARK:#x} accept
        {fence["leave"]}
        ct state established,related oifname @segments ct direction reply accept
    }}
    chain enter {{
        type filter hook input priority filter; policy drop;
        iifname lo accept
        meta nfproto ipv6 drop
        ct state established,related accept
        iifname @segments accept
    }}
    chain pass {{ type filter hook forward priority filter; policy drop; }}
}}
"""
