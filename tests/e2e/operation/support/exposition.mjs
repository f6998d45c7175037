// Reads Prometheus's text format, and fails on what it does not allow ("Exposition formats" of its documentation).

import assert from "node:assert/strict";

const NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*";
const HELP = new RegExp(`^# HELP (${NAME}) ((?:[^\\\\]|\\\\\\\\|\\\\n)*)$`);
const TYPE = new RegExp(`^# TYPE (${NAME}) (counter|gauge|histogram)$`);
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(,|$)/y;
const SERIES = new RegExp(`^(${NAME})(?:\\{(.*)\\})? (NaN|[+-]Inf|-?\\d+(?:\\.\\d+)?(?:e[+-]\\d+)?)$`);

function labelsOf(text = "") {
  const labels = {};
  LABEL.lastIndex = 0;
  while (LABEL.lastIndex < text.length) {
    const at = LABEL.lastIndex;
    const match = LABEL.exec(text);
    assert.ok(match, `labels: ${text} at ${at}`);
    assert.ok(!(match[1] in labels), `twice: ${match[1]}`);
    labels[match[1]] = match[2];
  }
  return labels;
}

/** Map name → {type, help, series: [{name, labels, value}]}. */
export function parseExposition(text) {
  const families = new Map();
  let family;
  assert.ok(text.endsWith("\n"));
  for (const line of text.slice(0, -1).split("\n")) {
    const help = HELP.exec(line);
    const type = TYPE.exec(line);
    if (help) {
      assert.ok(!families.has(help[1]), `twice: ${help[1]}`);
      families.set(help[1], (family = { name: help[1], help: help[2], series: [] }));
    } else if (type) {
      assert.equal(type[1], family.name, "TYPE behind its HELP");
      family.type = type[2];
    } else {
      const series = SERIES.exec(line);
      assert.ok(series, line);
      const [, name, labels, value] = series;
      const suffix = family.type === "histogram" ? /^_(bucket|sum|count)$/ : /^$/;
      assert.ok(name.startsWith(family.name) && suffix.test(name.slice(family.name.length)), line);
      family.series.push({ name, labels: labelsOf(labels), value: Number(value.replace("Inf", "Infinity")) });
    }
  }
  for (const one of families.values()) check(one);
  return families;
}

function check({ name, type, series }) {
  const keys = series.map((one) => one.name + JSON.stringify(Object.entries(one.labels).sort()));
  assert.equal(new Set(keys).size, keys.length, `${name}: a series twice`);
  if (type === "counter") assert.ok(name.endsWith("_total"), name);
  if (type !== "histogram") return;
  const buckets = series.filter((one) => one.name.endsWith("_bucket"));
  for (const [i, { labels, value }] of buckets.entries()) {
    if (i > 0 && buckets[i - 1].labels.le !== "+Inf") {
      assert.ok(value >= buckets[i - 1].value, `${name}: buckets are cumulative`);
      assert.ok(Number(labels.le.replace("Inf", "Infinity")) > Number(buckets[i - 1].labels.le));
    }
  }
  const last = buckets.filter(({ labels }) => labels.le === "+Inf").map(({ value }) => value);
  const counts = series.filter((one) => one.name.endsWith("_count")).map(({ value }) => value);
  assert.deepEqual(last, counts, `${name}: +Inf is the count`);
}

/** The value of the one series with these labels. */
export function valueOf(families, name, labels = {}) {
  const family = families.get(name) ?? families.get(name.replace(/_(bucket|sum|count)$/, ""));
  assert.ok(family, `no ${name}`);
  const found = family.series.filter(
    (one) => one.name === name && Object.entries(labels).every(([key, value]) => one.labels[key] === value),
  );
  assert.equal(found.length, 1, `${name} ${JSON.stringify(labels)}: ${JSON.stringify(family.series)}`);
  return found[0].value;
}
