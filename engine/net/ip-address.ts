// IP addresses between text and the 32-bit words of a sockaddr, in memory order on a little-endian
// machine. Text is as inet_ntop prints it: IPv6 after RFC 5952, IPv4-mapped with dots.
import { isIPv4, isIPv6 } from 'node:net';

/** `"192.0.2.1"` → one word; undefined when it is no dotted quad. */
export function parseIpv4(text: string): number | undefined {
  if (!isIPv4(text)) return undefined;
  const [a, b, c, d] = text.split('.').map(Number) as [number, number, number, number];
  return (a | (b << 8) | (c << 16) | (d << 24)) >>> 0;
}

export function formatIpv4(word: number): string {
  return `${word & 255}.${(word >>> 8) & 255}.${(word >>> 16) & 255}.${word >>> 24}`;
}

function groupsOf(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    const dotted = parseIpv4(group);
    if (dotted === undefined) return [Number.parseInt(group, 16)];
    const [low, high] = [dotted & 0xffff, dotted >>> 16];
    return [swap16(low), swap16(high)];
  });
}

function swap16(value: number): number {
  return ((value & 0xff) << 8) | (value >>> 8);
}

/** Four words; undefined when it is no IPv6 address or names a zone (`%eth0`). */
export function parseIpv6(text: string): [number, number, number, number] | undefined {
  if (!isIPv6(text) || text.includes('%')) return undefined;
  const gap = text.indexOf('::');
  const head = groupsOf(gap < 0 ? text : text.slice(0, gap));
  const tail = gap < 0 ? [] : groupsOf(text.slice(gap + 2));
  const zeros = new Array<number>(8 - head.length - tail.length).fill(0);
  const groups = [...head, ...zeros, ...tail];
  const word = (i: number): number =>
    (swap16(groups[2 * i]!) | (swap16(groups[2 * i + 1]!) << 16)) >>> 0;
  return [word(0), word(1), word(2), word(3)];
}

/** The longest run of at least two zero groups, the first of equals (RFC 5952 4.2). */
function longestZeroRun(groups: readonly number[]): { at: number; length: number } {
  let best = { at: -1, length: 1 };
  for (let at = 0; at < groups.length; at++) {
    let length = 0;
    while (groups[at + length] === 0) length++;
    if (length > best.length) best = { at, length };
    at += length;
  }
  return best;
}

export function formatIpv6(w0: number, w1: number, w2: number, w3: number): string {
  const groups = [w0, w1, w2, w3].flatMap((w) => [swap16(w & 0xffff), swap16(w >>> 16)]);
  const run = longestZeroRun(groups);
  const mapped = run.at === 0 && run.length === 5 && groups[5] === 0xffff;
  if (mapped) return `::ffff:${formatIpv4(w3)}`;
  if (run.at === 0 && run.length === 6) return `::${formatIpv4(w3)}`;
  const hex = groups.map((group) => group.toString(16));
  if (run.at < 0) return hex.join(':');
  return `${hex.slice(0, run.at).join(':')}::${hex.slice(run.at + run.length).join(':')}`;
}
