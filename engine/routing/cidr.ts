// Ranges of IP addresses (RFC 4632): what the provisioning writes of a gateway, and what the
// mapping table compares a packet's source with.
import { formatIp, parseIp, type IpWords } from '../base/ip-address.ts';

/** A range of addresses; a single address is the range of its full length. */
export interface Cidr {
  readonly family: 4 | 6;
  /** First address of the range. */
  readonly words: IpWords;
  /** Fixed leading bits of the four words, 0..128: of an IPv4 range 96 more than written. */
  readonly bits: number;
}

/**
 * `10.0.0.0/8`, `2001:db8::/32` or a single address. undefined when it is neither; a range whose
 * address has bits set beyond its length comes back without them (compare `words` to detect it).
 */
export function parseCidr(text: string): Cidr | undefined {
  const slash = text.indexOf('/');
  const words = new Int32Array(4);
  const family = parseIp(slash < 0 ? text : text.slice(0, slash), words);
  if (family === 0) return undefined;
  if (slash < 0) return { family, words, bits: 128 };
  const length = text.slice(slash + 1);
  const asIpv4 = family === 4 && !text.includes(':');
  if (!/^(0|[1-9]\d{0,2})$/.test(length) || Number(length) > (asIpv4 ? 32 : 128)) return undefined;
  const bits = Number(length) + (asIpv4 ? 96 : 0);
  if (family === 4 && bits < 96) return undefined;
  maskWords(words, bits, words);
  return { family, words, bits };
}

/** Keeps the first `bits` bits of `from` in `to` (may be the same array). */
export function maskWords(from: IpWords, bits: number, to: IpWords): void {
  for (let i = 0; i < 4; i++) {
    const kept = bits - 32 * i;
    to[i] = kept >= 32 ? from[i]! : kept <= 0 ? 0 : from[i]! & (-1 << (32 - kept));
  }
}

/** Order of the words as signed numbers: any total order serves the tables. */
export function compareWords(a: IpWords, b: IpWords): number {
  for (let i = 0; i < 4; i++) {
    const x = a[i]!;
    const y = b[i]!;
    if (x !== y) return x < y ? -1 : 1;
  }
  return 0;
}

/** Canonical text of a range: `10.0.0.0/8`; a single address without a length. */
export function formatCidr(cidr: Cidr): string {
  if (cidr.bits === 128) return formatIp(cidr.words);
  return `${formatIp(cidr.words)}/${cidr.family === 4 ? cidr.bits - 96 : cidr.bits}`;
}
