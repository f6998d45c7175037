// Processes of a test that do what they are asked to: what one of them has to do delays neither the others nor the test.

import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";

/** Runs a program of this folder that calls `serve`; it is killed when the test `t` ends. */
export function startChild(t, name) {
  const child = fork(fileURLToPath(new URL(name, import.meta.url)));
  t.after(() => child.kill("SIGKILL"));
  /** What one of its functions gives for the argument. One at a time. */
  return (command, argument) =>
    new Promise((resolve, reject) => {
      const isOver = (code) => reject(new Error(`${name} ended with ${code}`));
      child.once("exit", isOver);
      child.once("message", ({ answer, error }) => {
        child.off("exit", isOver);
        if (error) reject(new Error(error));
        else resolve(answer);
      });
      child.send({ command, argument });
    });
}

/** In such a program: by their names, the functions that it can be asked for. */
export function serve(functions) {
  process.on("message", async ({ command, argument }) => {
    try {
      process.send({ answer: await functions[command](argument) });
    } catch (error) {
      process.send({ error: error.stack });
    }
  });
  process.on("disconnect", () => process.exit());
}
