"""Whether the load generator notices what a relay does wrong: faults_test.py <bench_loadgen>

A small relay of pairs spoils one message in a hundred; the load generator must count it, and fail.
"""

import base64
import contextlib
import hashlib
import json
import os
import socket
import struct
import subprocess
import sys
import threading

FAULTS = {"none": None, "lose": "lost", "double": "late", "swap": "late", "damage": "damaged", "return": "strange"}


class Relay:
    """What the bare relays in peers/ do, with one fault."""

    def __init__(self, fault: str):
        self.fault = fault
        self.rooms: dict[bytes, list[socket.socket]] = {}
        self.count = 0
        self.held: bytes | None = None
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self) -> None:
        while True:
            client, _ = self.listener.accept()
            threading.Thread(target=self.serve_until_reset, args=(client,), daemon=True).start()

    def serve_until_reset(self, client: socket.socket) -> None:
        with contextlib.suppress(ConnectionResetError):  # that is how the load generator ends
            self.serve(client)

    def serve(self, client: socket.socket) -> None:
        stream = client.makefile("rb")
        key = b""
        while (line := stream.readline().strip()) != b"":
            if line.lower().startswith(b"sec-websocket-key:"):
                key = line.split(b":", 1)[1].strip()
        accept = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
        head = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        client.sendall(head + b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n")
        room: list[socket.socket] = []
        while len(header := stream.read(2)) == 2:
            length = header[1] & 127
            if length == 126:
                (length,) = struct.unpack(">H", stream.read(2))
            mask = stream.read(4)
            payload = bytes(byte ^ mask[i % 4] for i, byte in enumerate(stream.read(length)))
            with self.lock:
                if payload.startswith(b"J "):
                    room = self.rooms.setdefault(payload, [])
                    room.append(client)
                    client.sendall(b"\x81\x01J")
                elif len(room) == 2:
                    self.relay(room[room[0] is client], client, payload)

    def relay(self, receiver: socket.socket, sender: socket.socket, payload: bytes) -> None:
        self.count += 1
        messages = [payload]
        if self.held is not None:
            messages, self.held = [payload, self.held], None
        elif self.count % 100 == 0:
            if self.fault == "swap":
                messages, self.held = [], payload
            elif self.fault == "return":
                receiver = sender
            else:
                messages = {"lose": [], "double": [payload] * 2, "damage": [payload[:-1] + b"!"]}.get(self.fault, messages)
        for message in messages:
            receiver.sendall(b"\x81\x7e" + struct.pack(">H", len(message)) + message)


def check(loadgen: str, fault: str) -> str | None:
    relay = Relay(fault)
    command = [loadgen, "--workload", "relay", "--dialect", "raw", "--port", str(relay.listener.getsockname()[1])]
    # At a rate, messages go one way only: so two that follow each other belong to the same sender.
    command += ["--server-pid", str(os.getpid()), "--rooms", "1", "--rate", "2000", "--warmup", "0", "--seconds", "0.3"]
    command += ["--drain", "1"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    expected = FAULTS[fault]
    if (result.returncode != 0) != (expected is not None):
        return f"{fault}: exit code {result.returncode}: {result.stdout}{result.stderr}"
    if expected and json.loads(result.stdout)[expected] == 0:
        return f"{fault}: no message counted as {expected}: {result.stdout}"
    return None


def main() -> int:
    problems = [problem for fault in FAULTS if (problem := check(sys.argv[1], fault))]
    print("\n".join(problems) or "every fault was noticed")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
