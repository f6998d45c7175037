// Packets that the protocol does not allow: they end the connection of whoever sends them, and disturb nobody else
// (Socket.IO protocol, 5th revision).

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startServer } from "../support/server.mjs";
import { Bystanders } from "./support/bystanders.mjs";
import { connectWire, wires } from "./support/wires.mjs";

const RESERVED = ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"];
const PLACEHOLDER = '{"_placeholder":true,"num":0}';
const DEPTH = 20_000;
const nested = (open, close) => open.repeat(DEPTH) + close.repeat(DEPTH);
const BYTES = Buffer.from([1, 2, 3]);

/** Of a client that is in its namespace. */
const bad = {
  "no type": ["4"],
  "an unknown type": ["47[]"],
  "an event without a payload": ["42"],
  "an event without a name": ["42[]"],
  "an event that is an object": ['42{"message":1}'],
  "an event whose name is null": ["42[null]"],
  "an event whose name is an object": ["42[{}]"],
  "an event that is cut off": ['42["message"'],
  "an event with something behind it": ['42["message"]x'],
  "an event with an id that is too large": ['4299999999999999999999["message"]'],
  "an event with too many arguments": [`42["message"${",0".repeat(101)}]`],
  "an event with too long a name": [`42["${"n".repeat(129)}"]`],
  "a reserved event, in other words": ['42["conn\\u0065ct"]'],
  "an event in a namespace that it is not in": ['42/rooms-mesh,["message"]'],
  "an event in a namespace that is not there": ['42/__proto__,["message"]'],
  "an acknowledgement without an id": ['43["message"]'],
  "an acknowledgement that is an object": ["431{}"],
  "a second CONNECT": ["40"],
  "a CONNECT with a number": ["40/rooms-mesh,1"],
  "a CONNECT with an array": ["40/rooms-mesh,[]"],
  "a CONNECT with a line feed in its namespace": ["40/rooms\nmesh,"],
  "a CONNECT with too long a name": [`40/${"n".repeat(128)},`],
  "a CONNECT_ERROR": ['44{"message":"no"}'],
  "a DISCONNECT with a payload": ["41{}"],
  "eleven attachments": [`4511-["message",${PLACEHOLDER}]`, ...Array(11).fill(BYTES)],
  "a number of attachments that is no integer": [`451.23-["message",${PLACEHOLDER}]`, BYTES],
  "a negative number of attachments": ['45-1-["message"]'],
  "no number of attachments": [`45-["message",${PLACEHOLDER}]`, BYTES],
  "no dash behind the number of attachments": [`451["message",${PLACEHOLDER}]`, BYTES],
  "a number of attachments beyond all numbers": [`45${"9".repeat(400)}-["message"]`],
  "a placeholder without its attachment": ['451-["message",{"_placeholder":true,"num":1}]', BYTES],
  "a placeholder with a negative number": ['451-["message",{"_placeholder":true,"num":-1}]', BYTES],
  "a placeholder with no number": ['451-["message",{"_placeholder":true,"num":"__proto__"}]', BYTES],
  "a binary event that is reserved": ['451-["disconnect",{"_placeholder":true,"num":0}]', BYTES],
  "a binary message that nobody announced": [BYTES],
  "an attachment too many": [`451-["message",${PLACEHOLDER}]`, BYTES, BYTES],
  "text in place of an attachment": [`451-["message",${PLACEHOLDER}]`, '42["message"]'],
  "a CONNECT in place of an attachment": [`452-["message",${PLACEHOLDER}]`, BYTES, "40/rooms-mesh,"],
  "arrays in arrays": [`42["message",${nested("[", "]")}]`],
  "objects in objects": [`42["message",${nested('{"a":', "}").replace(":}", ":1}")}]`],
  "arrays that are never closed": [`42["message",${"[".repeat(DEPTH)}`],
  "arrays in an acknowledgement": [`430[${nested("[", "]")}]`],
  "arrays in the payload of a CONNECT": [`40/rooms-mesh,{"token":${nested("[", "]")}}`],
  "arrays beside a placeholder": [`451-["message",${PLACEHOLDER},${nested("[", "]")}]`, BYTES],
  "more requests for namespaces than there may be": Array(1001).fill("40/nowhere,"),
};
for (const name of RESERVED) bad[`the reserved event ${name}`] = [`42["${name}",{"message":"x"}]`];

/** Of a client that is in no namespace. */
const early = {
  "an event": ['42["join_room",{"roomName":"room"}]'],
  "an event with an attachment": [`451-["join_room",${PLACEHOLDER}]`, BYTES],
  "a binary message": [BYTES],
  "an acknowledgement": ["430[]"],
  "a DISCONNECT": ["41"],
  "a CONNECT with a string": ['40"token"'],
  "a CONNECT that is cut off": ['40{"token":'],
  "a CONNECT with arrays in arrays": [`40{"token":${nested("[", "]")}}`],
};

let server;
let bystanders;

before(async () => {
  server = await startServer(["--log-level", "error"]);
  bystanders = await Bystanders.join(server);
});
after(async () => {
  await bystanders.leave();
  assert.equal(server.output, server.stdout, "nothing to complain about");
  assert.equal(await server.stop(), 0);
});

for (const [transport, open] of Object.entries(wires)) {
  describe(`over ${transport}, the connection ends with`, () => {
    for (const [name, packets] of Object.entries(bad)) {
      test(name, async () => {
        const wire = await connectWire(open, server);
        await wire.send(...packets);
        await wire.closed();
        await bystanders.expectUndisturbed();
      });
    }
  });

  describe(`over ${transport}, before a CONNECT, the connection ends with`, () => {
    for (const [name, packets] of Object.entries(early)) {
      test(name, async () => {
        const wire = await open(server);
        await wire.send(...packets);
        await wire.closed();
        await bystanders.expectUndisturbed();
      });
    }
  });
}
