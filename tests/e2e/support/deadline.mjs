// Every wait in these tests is for something that happens, and has a deadline that a loaded machine still keeps.

export const DEADLINE_MS = 20_000;

/** What `promise` gives, or a failure that says `what` did not come. */
export async function within(promise, what, milliseconds = DEADLINE_MS) {
  const late = new Error(`${what}: not within ${milliseconds} ms`);
  let timer;
  const deadline = new Promise((_, reject) => (timer = setTimeout(reject, milliseconds, late)));
  try {
    return await Promise.race([promise, deadline]);
  } finally {
    clearTimeout(timer);
  }
}

/** Until `condition()` holds, asked again every few milliseconds: for what tells nobody when it changes. */
export async function until(condition, what, milliseconds = DEADLINE_MS) {
  const end = performance.now() + milliseconds;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`${what}: not within ${milliseconds} ms`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
