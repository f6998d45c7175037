// Floods a server for a while, as fast as it is read.

import { constants, deflateRawSync } from "node:zlib";
import { serve } from "./child.mjs";
import { languages } from "./languages.mjs";
import { COMPRESSED_TEXT, frame } from "./wire.mjs";

/** What is sent in one go: some hundred small messages, or a large one. */
const CHUNK_BYTES = 128 * 1024;

function compressedFrame(text) {
  const compressed = deflateRawSync(text, { finishFlush: constants.Z_SYNC_FLUSH });
  return frame(compressed.subarray(0, -4), COMPRESSED_TEXT); // RFC 7692 7.2.1
}

/** The messages again and again, up to the size of a chunk. */
function repeated(texts) {
  const times = Math.max(1, Math.floor(CHUNK_BYTES / texts.join("").length));
  return Array.from({ length: times }, () => texts).flat();
}

/** Sends one chunk, and waits until there is room for another. */
function sender({ wire }, texts, deflate) {
  if (wire.post) {
    const body = texts.join("\x1e");
    return () => wire.post(body);
  }
  const chunk = Buffer.concat(texts.map((text) => (deflate ? compressedFrame(text) : frame(text))));
  return () =>
    new Promise((resolve) => (wire.socket.write(chunk) ? setImmediate(resolve) : wire.socket.once("drain", resolve)));
}

/** `kind`: of the floods of the language, at `target`; `options`: those of `enter`. Gives how many messages it was. */
async function flood({ language, kind, port, target, milliseconds, options = {} }) {
  const flooder = await languages[language].enter(port, `flooder ${process.pid}`, options);
  let closed = "";
  flooder.listen(
    () => {},
    (reason) => (closed ||= reason),
  );
  const texts = repeated(languages[language].floods[kind](target, flooder));
  const send = sender(flooder, texts, options.deflate);
  let sent = 0;
  const time = new Promise((resolve) => setTimeout(resolve, milliseconds, "over"));
  while (!closed && (await Promise.race([send(), time])) !== "over") sent += texts.length;
  flooder.wire.socket.destroy();
  return { sent, closed };
}

serve({ flood });
