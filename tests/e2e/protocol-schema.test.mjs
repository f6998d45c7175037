// docs/protocol.schema.json: what it says of the examples in docs/protocol.md, and of messages that are wrong.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import Ajv2020 from "ajv/dist/2020.js";

const docs = new URL("../../docs/", import.meta.url);
const page = readFileSync(new URL("protocol.md", docs), "utf8");
const schema = JSON.parse(readFileSync(new URL("protocol.schema.json", docs), "utf8"));

const ajv = new Ajv2020({ strictTypes: false });
ajv.addSchema(schema, "signaling");
const validators = {
  client: ajv.getSchema("signaling#/$defs/client"),
  server: ajv.getSchema("signaling#/$defs/server"),
};

const examples = (side) =>
  [...page.matchAll(new RegExp("^```json " + side + "\\n(.*?)\\n```$", "gms"))].map((match) =>
    JSON.parse(match[1]),
  );

for (const side of ["client", "server"]) {
  test(`schema: every ${side} example of the page is valid`, () => {
    const found = examples(side);
    assert.ok(found.length >= 10, "the page has examples");
    for (const example of found) {
      const valid = validators[side](example);
      assert.ok(valid, JSON.stringify(example) + ajv.errorsText(validators[side].errors));
    }
  });

  test(`schema: no ${side} example is valid without its type, or with another`, () => {
    for (const { type, ...rest } of examples(side)) {
      assert.ok(!validators[side](rest), `${type} without its type`);
      assert.ok(!validators[side]({ ...rest, type: type.toUpperCase() }), type.toUpperCase());
    }
  });
}

test("schema: what the server refuses from a client is invalid", () => {
  const wrong = [
    { type: "join" },
    { type: "join", room: 5 },
    { type: "join", room: "" },
    { type: "leave", room: null },
    { type: "update", room: "r" },
    { type: "members" },
    { type: "offer", data: {} },
    { type: "offer", to: "" },
    { type: "message", room: [] },
    { type: "message", to: "p", volatile: 1 },
    { type: "event", to: "p" },
    { type: "event", to: "p", event: "" },
    { type: "ping", id: null },
    { type: "ping", id: {} },
    [{ type: "ping" }],
    "ping",
    null,
  ];
  for (const message of wrong) assert.ok(!validators.client(message), JSON.stringify(message));
});

test("schema: the server's required fields are required", () => {
  const optional = new Set(["id", "room", "data", "encoding"]);
  const optionalIn = {
    left: ["message"],
    pong: ["received"],
    welcome: ["keep", "resumed", "reason", "received", "lost"],
  };
  const isOptional = (field, { type }) => optional.has(field) || optionalIn[type]?.includes(field);
  const roomIsRequired = new Set([
    "joined",
    "left",
    "peer-joined",
    "peer-left",
    "peer-away",
    "peer-back",
    "peer-updated",
    "updated",
    "members",
  ]);
  for (const example of examples("server")) {
    for (const field of Object.keys(example)) {
      if (isOptional(field, example) && !(field === "room" && roomIsRequired.has(example.type))) continue;
      const { [field]: _, ...rest } = example;
      assert.ok(!validators.server(rest), `${example.type} without ${field}`);
    }
  }
});

test("schema: the error codes are those of the page", () => {
  const [, section] = page.split("\n## Error codes\n");
  const table = section.split("\n## ")[0];
  const codes = [...table.matchAll(/^\| `(\w+)` \|/gm)].map((match) => match[1]);
  assert.deepEqual([...schema.$defs.code.enum].sort(), codes.sort());
});
