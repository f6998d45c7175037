"""What is measured: the servers, the workloads, and who takes part in which."""

import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

NODE_PEERS = Path(__file__).resolve().parent / "peers" / "node"


def unlimited(signaling_server: Path) -> list[str]:
    """Every bound that the server's help names, off: the defaults are for clients that are people."""
    help_text = subprocess.run([signaling_server, "--help"], check=True, capture_output=True, text=True).stdout
    names = re.findall(r"^ +(--\S+) N=\d+ ", help_text, re.MULTILINE)
    if not names:
        raise RuntimeError(f"the help of {signaling_server} names no bounds")
    return [word for name in names for word in (name, "0")]


@dataclass(frozen=True)
class Server:
    """One program, and the dialect in which it is spoken to."""

    name: str
    label: str
    dialect: str
    program: str
    arguments: tuple[str, ...] = ()
    pins: bool = True  # to one core, beside the load generator on another

    def command(self, bins: Path, signaling_server: list[str], certificate: tuple[str, str] | None) -> list[str]:
        """`signaling_server`: the program, and the arguments that all cases have in common."""
        if self.program == "signaling-server":
            listen = ["--listen", "127.0.0.1:0"]
            if certificate:
                listen = ["--tls-listen", "127.0.0.1:0", "--tls-cert", certificate[0], "--tls-key", certificate[1]]
            return [*signaling_server, *listen, "--log-level", "error", *self.arguments]
        files = list(certificate or ())
        if self.program.endswith(".mjs"):
            return ["node", str(NODE_PEERS / self.program), *self.arguments, *files]
        return [str(bins / self.program), *self.arguments, *files]


ONE_THREAD = ("--threads", "1")
OURS = Server("signaling", "signaling (native)", "native", "signaling-server", ONE_THREAD)
OURS_SESSION = Server("signaling-session", "signaling (native, sessions)", "session", "signaling-server", ONE_THREAD)
OURS_SOCKETIO = Server(
    "signaling-io", "signaling (Socket.IO)", "socketio", "signaling-server", (*ONE_THREAD, "--vocabulary", "rooms-mesh")
)
OURS_TWO = Server("signaling-2", "signaling, 2 threads", "native", "signaling-server", ("--threads", "2"), pins=False)
OURS_ONE = Server("signaling-1", "signaling, 1 thread", "native", "signaling-server", ONE_THREAD, pins=False)
LIMIT = Server("limit", "epoll relay (limit)", "raw", "bench_epoll_relay")
UWS = Server("uws", "uWebSockets", "raw", "bench_uws_relay")
UWS_TOPIC = Server("uws-topic", "uWebSockets, topics", "raw", "bench_uws_relay", ("--topic",))
BEAST = Server("beast", "Beast", "raw", "bench_beast_relay")
NODE_WS = Server("node-ws", "ws on Node", "raw", "ws_relay.mjs")
NODE_IO = Server("node-io", "socket.io on Node", "socketio", "rooms_mesh.mjs")
NODE_IO_LOG = Server("node-io-log", "socket.io on Node, logging", "socketio", "rooms_mesh.mjs", ("--log",))

RAW = (OURS, LIMIT, UWS, UWS_TOPIC, BEAST, NODE_WS, NODE_IO, NODE_IO_LOG)
TLS = (OURS, LIMIT, UWS, BEAST, NODE_WS, NODE_IO)
SOCKETIO = (OURS_SOCKETIO, NODE_IO)
THREADS = (OURS_ONE, OURS_TWO)
SESSIONS = (OURS, OURS_SESSION)


@dataclass(frozen=True)
class Case:
    """One workload. `base`: the server that the ratios are ratios to, if it takes part."""

    name: str
    label: str
    workload: str
    servers: tuple[Server, ...]
    options: dict[str, object] = field(default_factory=dict)
    tls: bool = False
    base: str = "uws"
    metric: str = "rate"  # per server CPU second; or "memory", kB per connection; or "wall", per second

    def arguments(self) -> list[str]:
        words = ["--workload", self.workload]
        for name, value in self.options.items():
            words += [f"--{name}", str(value)]
        return words + (["--tls"] if self.tls else [])


# What clients send most: a candidate, and an offer or answer, whose SDP is lines.
CANDIDATE = {"bytes": 200}
SDP = {"bytes": 1500, "filler": "lines"}


def relay(name: str, in_flight: int, payload: dict, servers: tuple[Server, ...], **more: object) -> Case:
    """Of 200 pairs, so that not all that they touch stays in the nearest caches."""
    label = f"relay, {in_flight} in flight, {payload['bytes']} B{' of SDP' if payload is SDP else ''}"
    return Case(name, label, "relay", servers, {"rooms": 200, "in-flight": in_flight, **payload}, **more)


def broadcast(name: str, rooms: int, members: int, in_flight: int, servers: tuple[Server, ...], **more: object) -> Case:
    label = f"broadcast, {rooms} x {members}, {in_flight} in flight"
    options = {"rooms": rooms, "members": members, "in-flight": in_flight}
    return Case(name, label, "broadcast", servers, options, **more)


def idle(name: str, servers: tuple[Server, ...], connections: int, **more: object) -> Case:
    options = {"connections": connections, "concurrency": 64, "seconds": 1}
    return Case(name, "idle, resident kB per connection", "idle", servers, options, metric="memory", **more)


CONNECT = {"connections": 1000}

PLAIN = [
    relay("relay-1-200", 1, CANDIDATE, RAW),
    relay("relay-1-1500", 1, SDP, RAW),
    relay("relay-16-200", 16, CANDIDATE, RAW),
    relay("relay-16-1500", 16, SDP, RAW),
    broadcast("broadcast-10x100", 10, 100, 1, RAW),
    broadcast("broadcast-1x1000", 1, 1000, 1, RAW),
    broadcast("broadcast-10x100-16", 10, 100, 16, RAW),
    Case("connect", "connect and join", "connect", RAW, CONNECT),
    Case("churn", "churn", "churn", RAW, SDP),
    idle("idle", RAW, 5000),
    Case("rate", "relay, 10,000 messages/s", "relay", RAW, {"rate": 10000, **CANDIDATE}, metric="latency"),
]
OVER_TLS = [
    relay("tls-relay-1-200", 1, CANDIDATE, TLS, tls=True),
    relay("tls-relay-16-1500", 16, SDP, TLS, tls=True),
    Case("tls-connect", "connect and join", "connect", TLS, {"connections": 300}, tls=True),
    idle("tls-idle", TLS, 2000, tls=True),
]
OVER_SOCKETIO = [
    relay("io-relay-1-200", 1, CANDIDATE, SOCKETIO, base="node-io"),
    relay("io-relay-16-200", 16, CANDIDATE, SOCKETIO, base="node-io"),
    broadcast("io-broadcast-10x100", 10, 100, 1, SOCKETIO, base="node-io"),
    Case("io-connect", "connect and join", "connect", SOCKETIO, CONNECT, base="node-io"),
    Case("io-churn", "churn", "churn", SOCKETIO, SDP, base="node-io"),
    idle("io-idle", SOCKETIO, 5000, base="node-io"),
    relay("io-tls-relay-1-200", 1, CANDIDATE, SOCKETIO, base="node-io", tls=True),
]
TWO_THREADS = [
    relay("threads-1-200", 1, CANDIDATE, THREADS, base="signaling-1", metric="wall"),
    relay("threads-16-200", 16, CANDIDATE, THREADS, base="signaling-1", metric="wall"),
]
WITH_SESSIONS = [
    relay("session-relay-1-200", 1, CANDIDATE, SESSIONS, base="signaling"),
    relay("session-relay-16-200", 16, CANDIDATE, SESSIONS, base="signaling"),
    idle("session-idle", SESSIONS, 5000, base="signaling"),
    Case(
        "session-resume",
        "5000 resume at once",
        "resume",
        (OURS_SESSION,),
        {"connections": 5000, "concurrency": 5000, "drain": 60},
        base="signaling-session",
    ),
]


def crowd(others: int) -> Case:
    """The same work, of 32 pairs, among more and more peers that are only there."""
    options = {"in-flight": 1, **CANDIDATE, "bystanders": others}
    label = f"relay among {others} others"
    return Case(f"crowd-{others}", label, "relay", (OURS, LIMIT), options, base="limit")


CROWDS = [crowd(others) for others in (0, 100, 1000, 4000, 16000)]

GROUPS = {
    "plain": ("Plain", PLAIN),
    "tls": ("Over TLS", OVER_TLS),
    "socketio": ("Over Socket.IO", OVER_SOCKETIO),
    "threads": ("Two threads", TWO_THREADS),
    "sessions": ("With sessions", WITH_SESSIONS),
    "crowds": ("The same work among more peers", CROWDS),
}
