// LZ4 blocks: what ClickHouse compresses with. Node 20 brings no LZ4.
// Format: "LZ4 Block Format Description", lz4.org.

const MIN_MATCH = 4;
/** The last five bytes are literals, and no match begins in the last twelve. */
const LAST_LITERALS = 5;
const MATCH_LIMIT = 12;
const MAX_DISTANCE = 65_535;
const HASH_BITS = 14;

/**
 * @param size length of what was compressed
 * @returns undefined when `block` is no LZ4 block of that size
 */
export function decodeLz4(block: Uint8Array, size: number): Buffer | undefined {
  const out = Buffer.allocUnsafe(size);
  let from = 0;
  let to = 0;
  /** Adds the bytes that follow a count of 15; each 255 goes on. */
  const longer = (count: number): number => {
    if (count < 15) return count;
    let sum = count;
    for (;;) {
      const more = block[from++];
      if (more === undefined) return Number.POSITIVE_INFINITY;
      sum += more;
      if (more < 255) return sum;
    }
  };
  while (from < block.length) {
    const token = block[from++]!;
    const literals = longer(token >> 4);
    if (literals > block.length - from || literals > size - to) return undefined;
    out.set(block.subarray(from, from + literals), to);
    from += literals;
    to += literals;
    if (from === block.length) break;
    const distance = block[from]! | (block[from + 1]! << 8);
    from += 2;
    const length = longer(token & 15) + MIN_MATCH;
    if (distance === 0 || distance > to || length > size - to) return undefined;
    // Byte by byte: a match may reach into what it writes.
    for (let i = 0; i < length; i++) out[to + i] = out[to - distance + i]!;
    to += length;
  }
  return to === size ? out : undefined;
}

/** Longest block that `length` bytes can become. */
const bound = (length: number): number => length + Math.ceil(length / 255) + 16;

export function encodeLz4(bytes: Buffer): Buffer {
  const out = Buffer.allocUnsafe(bound(bytes.length));
  /** Position behind the last place of each hash of four bytes; 0: none. */
  const seen = new Int32Array(1 << HASH_BITS);
  let to = 0;
  let anchor = 0;
  const putLength = (length: number): void => {
    let left = length;
    for (; left >= 255; left -= 255) out[to++] = 255;
    out[to++] = left;
  };
  const putSequence = (end: number, distance: number, match: number): void => {
    const literals = end - anchor;
    const extra = match - MIN_MATCH;
    out[to++] = (Math.min(literals, 15) << 4) | (match === 0 ? 0 : Math.min(extra, 15));
    if (literals >= 15) putLength(literals - 15);
    bytes.copy(out, to, anchor, end);
    to += literals;
    if (match === 0) return;
    out[to++] = distance & 255;
    out[to++] = distance >> 8;
    if (extra >= 15) putLength(extra - 15);
  };
  const lastMatch = bytes.length - MATCH_LIMIT;
  for (let at = 0; at < lastMatch;) {
    const four = bytes.readInt32LE(at);
    const slot = Math.imul(four, 0x9e3779b1) >>> (32 - HASH_BITS);
    const candidate = seen[slot]! - 1;
    seen[slot] = at + 1;
    const isMatch =
      candidate >= 0 && at - candidate <= MAX_DISTANCE && bytes.readInt32LE(candidate) === four;
    if (!isMatch) {
      at++;
      continue;
    }
    let length = MIN_MATCH;
    const longest = bytes.length - LAST_LITERALS - at;
    while (length < longest && bytes[candidate + length] === bytes[at + length]) length++;
    putSequence(at, at - candidate, length);
    at += length;
    anchor = at;
  }
  putSequence(bytes.length, 0, 0);
  return out.subarray(0, to);
}
