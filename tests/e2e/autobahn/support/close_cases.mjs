// Section 7: the closing handshake.

import { Opcode, closePayload, fragments, frame } from "../../support/raw_websocket.mjs";
import { closes, fails } from "./echo_case.mjs";
import { echo } from "./framing_cases.mjs";

const { text, close, ping } = Opcode;
const CLOSE = frame(close, closePayload(1000));
const answered = fails(1000);
const [begin, end] = fragments(text, ["fragment1", "fragment2"]);
const NOT_UTF8 = Buffer.from("cebae1bdb9cf83cebcceb5eda080656469746564", "hex");

const VALID = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999];
const INVALID = [0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999];
// Left open by the RFC, and refused here as what no endpoint may send.
const OUT_OF_RANGE = [5000, 65535];

const codes = (section, list, end) =>
  list.map((code, i) => ({
    id: `${section}.${i + 1}`,
    steps: [frame(close, closePayload(code)), fails(end ?? code)],
  }));

export const closeCases = [
  { id: "7.1.1", steps: [echo(text, "Hello World!"), closes] },
  { id: "7.1.2", steps: [CLOSE, frame(close), answered] },
  { id: "7.1.3", steps: [CLOSE, frame(ping), answered] },
  { id: "7.1.4", steps: [CLOSE, frame(text, "Hello World!"), answered] },
  { id: "7.1.5", steps: [begin, CLOSE, end, answered] },
  // Informational: whether the messages before the Close frame are answered. Here they are.
  {
    id: "7.1.6",
    steps: [echo(text, "BAsd7&jh23".repeat(26214)), echo(text, "Hello World!"), CLOSE, frame(ping), answered],
  },
  { id: "7.3.1", steps: [frame(close), fails(undefined)] },
  { id: "7.3.2", steps: [frame(close, "a"), fails(1002)] },
  { id: "7.3.3", steps: [CLOSE, answered] },
  { id: "7.3.4", steps: [frame(close, closePayload(1000, "Hello World!")), answered] },
  { id: "7.3.5", steps: [frame(close, closePayload(1000, "*".repeat(123))), answered] },
  { id: "7.3.6", steps: [frame(close, closePayload(1000, "*".repeat(124))), fails(1002)] },
  { id: "7.5.1", steps: [frame(close, closePayload(1000, NOT_UTF8)), fails(1007)] },
  ...codes("7.7", VALID),
  ...codes("7.9", INVALID, 1002),
  ...codes("7.13", OUT_OF_RANGE, 1002),
];
