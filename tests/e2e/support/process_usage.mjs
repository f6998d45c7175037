// What a process holds, by /proc.

import { readFileSync, readdirSync } from "node:fs";

export function residentBytes(pid) {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  return Number(kilobytes) * 1024;
}

export function openFiles(pid) {
  return readdirSync(`/proc/${pid}/fd`).length;
}
