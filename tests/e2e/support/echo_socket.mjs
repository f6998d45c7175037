// Tests against the echo of one server, each with a connection of its own.

import { test } from "node:test";
import { Opcode, RawWebSocket, frame } from "./raw_websocket.mjs";

/** {connected, refused} for the server that `server()` returns once tests run. */
export function echoTests(server) {
  /** A test that gets a connection. `options`: those of RawWebSocket.open. */
  function connected(name, run, options) {
    test(name, async () => {
      const socket = await RawWebSocket.open(server(), options);
      try {
        await run(socket);
      } finally {
        socket.destroy();
      }
    });
  }

  /** A test that sends frames and is closed with `code`. What was right before them is still answered. */
  function refused(name, code, frames, options) {
    connected(
      name,
      async (socket) => {
        socket.send(frame(Opcode.text, "before"), ...frames);
        await socket.expect(Opcode.text, "before");
        await socket.expectClose(code);
      },
      options,
    );
  }

  return { connected, refused };
}
