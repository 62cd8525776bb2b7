// Addresses that mean something only where they were given (RFC 1918, 3927, 4193, 4291, 6598): from
// outside of that network another host, or nobody, has them.
import { parseIp } from './ip-address.ts';

/** Network as a number, and how many of its bits count. */
const V4: readonly (readonly [number, number])[] = [
  [0x0a000000, 8],
  [0x64400000, 10],
  [0x7f000000, 8],
  [0xa9fe0000, 16],
  [0xac100000, 12],
  [0xc0a80000, 16],
];

const words = new Int32Array(4);

/** False for what is no IP address. */
export function isPrivateAddress(ip: string): boolean {
  const family = parseIp(ip, words);
  if (family === 0) return false;
  const last = words[3]! >>> 0;
  if (family === 4) return V4.some(([network, bits]) => (last ^ network) >>> (32 - bits) === 0);
  const first = words[0]! >>> 0;
  const isLoopback = first === 0 && words[1] === 0 && words[2] === 0 && last === 1;
  return isLoopback || first >>> 25 === 0xfc >> 1 || first >>> 22 === 0xfe80 >> 6;
}
