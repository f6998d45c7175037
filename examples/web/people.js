// How a person is shown. What the others say of themselves is taken with care: it may be anything.

const MAX_NAME = 40;

/** The name in a member's metadata, or a stand-in. */
export function nameOf(metadata) {
  const name = typeof metadata?.name === "string" ? metadata.name.trim() : "";
  return [...name].slice(0, MAX_NAME).join("") || "Guest";
}

export function initialsOf(name) {
  const words = name.split(/\s+/).slice(0, 2);
  return words
    .map((word) => [...word][0])
    .join("")
    .toUpperCase();
}

/** The same name has the same colour on every screen, from green over blue to pink. */
export function hueOf(name) {
  let hash = 0;
  for (const character of name) hash = (hash * 31 + character.codePointAt(0)) >>> 0;
  return 140 + (hash % 200);
}
