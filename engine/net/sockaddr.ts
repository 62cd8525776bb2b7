// The words of a sockaddr_in and sockaddr_in6 (ip(7), ipv6(7)): the kernel's form of an address, in
// network byte order, read and written as words of a little-endian machine.
import { formatIp, parseIp } from '../base/ip-address.ts';

export const AF_INET = 2;
export const AF_INET6 = 10;

const words = new Int32Array(4);

/** The other byte order. */
function swapBytes(word: number): number {
  const crossed = ((word & 0xff00ff) << 8) | ((word >>> 8) & 0xff00ff);
  return ((crossed << 16) | (crossed >>> 16)) >>> 0;
}

/** The first word of a sockaddr. @param family AF_INET or AF_INET6. */
export function sockaddrHead(family: number, port: number): number {
  return (family | ((port & 0xff00) << 8) | ((port & 0xff) << 24)) >>> 0;
}

/**
 * The address words: the first alone is used for IPv4. Undefined when the text is no address of
 * the family or names a zone (`%eth0`).
 */
export function addressWords(
  family: 4 | 6,
  ip: string,
): [number, number, number, number] | undefined {
  if (ip.includes(':') !== (family === 6) || parseIp(ip, words) === 0) return undefined;
  if (family === 4) return [swapBytes(words[3]!), 0, 0, 0];
  const [a0, a1, a2, a3] = words as unknown as [number, number, number, number];
  return [swapBytes(a0), swapBytes(a1), swapBytes(a2), swapBytes(a3)];
}

/** The text of an IPv4 address word. */
export function ipv4Text(a0: number): string {
  return ipv6Text(0, 0, 0xffff0000, a0).slice('::ffff:'.length);
}

/** The text of an IPv6 address; an IPv4-mapped one keeps its `::ffff:`. */
export function ipv6Text(a0: number, a1: number, a2: number, a3: number): string {
  words[0] = swapBytes(a0);
  words[1] = swapBytes(a1);
  words[2] = swapBytes(a2);
  words[3] = swapBytes(a3);
  const text = formatIp(words);
  return text.includes(':') ? text : `::ffff:${text}`;
}
