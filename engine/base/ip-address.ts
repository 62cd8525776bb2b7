// IP addresses as text and as four signed 32-bit words (RFC 4291 2.2): tables mask and compare the
// words without allocation, sockets write them into a sockaddr. An IPv4 address is held as
// IPv4-mapped IPv6, in which form a dual-stack socket may report it too.

/** Four 32-bit words, most significant first. */
export type IpWords = Int32Array;

const DOT = 0x2e;
const COLON = 0x3a;
const MAPPED = 0xffff;

/** Groups of the IPv6 address being parsed: parsing allocates nothing. */
const groups = new Uint16Array(8);

/**
 * Writes the address into `out`. Returns 4 or 6, or 0 when the text is not an IP address
 * (no brackets, no zone). IPv4-mapped IPv6 counts as 4.
 */
export function parseIp(text: string, out: IpWords): 0 | 4 | 6 {
  if (text.length < 2 || text.length > 45) return 0;
  const v4 = parseIpv4(text, 0);
  if (v4 >= 0) {
    setMapped(v4, out);
    return 4;
  }
  if (!parseIpv6(text)) return 0;
  for (let i = 0; i < 4; i++) out[i] = (groups[2 * i]! << 16) | groups[2 * i + 1]!;
  return out[0] === 0 && out[1] === 0 && out[2] === MAPPED ? 4 : 6;
}

/** Dotted quad from `at` to the end as an unsigned number, or -1. Leading zeros are refused. */
function parseIpv4(text: string, at: number): number {
  let address = 0;
  for (let part = 0; part < 4; part++) {
    const first = at;
    let value = 0;
    while (at < text.length) {
      const digit = text.charCodeAt(at) - 48;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
      if (++at - first > 3) return -1;
    }
    const digits = at - first;
    if (digits === 0 || value > 255 || (digits > 1 && text.charCodeAt(first) === 48)) return -1;
    address = address * 256 + value;
    if (part < 3 && text.charCodeAt(at++) !== DOT) return -1;
  }
  return at === text.length ? address : -1;
}

/** Fills `groups`; false when the text is not an IPv6 address. */
function parseIpv6(text: string): boolean {
  let at = 0;
  let count = 0;
  let gap = -1;
  if (text.charCodeAt(0) === COLON) {
    if (text.charCodeAt(1) !== COLON) return false;
    gap = 0;
    at = 2;
  }
  while (at < text.length) {
    if (count === 8) return false;
    const first = at;
    let value = 0;
    for (let digit = hexDigit(text, at); digit >= 0; digit = hexDigit(text, at)) {
      value = value * 16 + digit;
      if (++at - first > 4) return false;
    }
    if (text.charCodeAt(at) === DOT) {
      const v4 = count <= 6 ? parseIpv4(text, first) : -1;
      if (v4 < 0) return false;
      groups[count++] = Math.floor(v4 / 0x10000);
      groups[count++] = v4 % 0x10000;
      break;
    }
    if (at === first) return false;
    groups[count++] = value;
    if (at === text.length) break;
    if (text.charCodeAt(at++) !== COLON) return false;
    if (text.charCodeAt(at) === COLON) {
      if (gap >= 0) return false;
      gap = count;
      at++;
    } else if (at === text.length) return false;
  }
  return closeGap(gap, count);
}

/** Moves the groups after `::` to the end and zeroes what it stands for (at least one group). */
function closeGap(gap: number, count: number): boolean {
  if (gap < 0) return count === 8;
  if (count > 7) return false;
  groups.copyWithin(8 - (count - gap), gap, count);
  groups.fill(0, gap, 8 - (count - gap));
  return true;
}

function hexDigit(text: string, at: number): number {
  const c = text.charCodeAt(at);
  if (c >= 48 && c <= 57) return c - 48;
  const letter = c | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

function setMapped(v4: number, out: IpWords): void {
  out[0] = 0;
  out[1] = 0;
  out[2] = MAPPED;
  out[3] = v4;
}

/** Canonical text as inet_ntop prints it (RFC 5952); IPv4-mapped addresses as dotted quad. */
export function formatIp(words: IpWords): string {
  if (words[0] === 0 && words[1] === 0 && words[2] === MAPPED) {
    const v4 = words[3]!;
    return `${v4 >>> 24}.${(v4 >>> 16) & 255}.${(v4 >>> 8) & 255}.${v4 & 255}`;
  }
  const parts: string[] = [];
  for (const word of words) {
    parts.push((word >>> 16).toString(16), (word & 0xffff).toString(16));
  }
  const { start, length } = longestZeroRun(parts);
  if (length < 2) return parts.join(':');
  return `${parts.slice(0, start).join(':')}::${parts.slice(start + length).join(':')}`;
}

function longestZeroRun(parts: readonly string[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  for (let i = 0; i < parts.length; i++) {
    let end = i;
    while (parts[end] === '0') end++;
    if (end - i > best.length) best = { start: i, length: end - i };
  }
  return best;
}
