// FNV-1a with a last mix: the hash that spreads Call-IDs and users over shards and tables. Text and
// the bytes it was decoded from (latin1) have the same hash.

const OFFSET = 0x811c9dc5;
const PRIME = 0x01000193;

/** @returns an unsigned 32-bit number */
export function hashBytes(buf: Uint8Array, start: number, end: number): number {
  let h = OFFSET;
  for (let i = start; i < end; i++) h = Math.imul(h ^ buf[i]!, PRIME);
  return mix(h);
}

/** @param text latin1. @returns an unsigned 32-bit number */
export function hashText(text: string): number {
  let h = OFFSET;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), PRIME);
  return mix(h);
}

/** Spreads what differs only in the final characters. */
function mix(hash: number): number {
  const h = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return (h ^ (h >>> 13)) >>> 0;
}
