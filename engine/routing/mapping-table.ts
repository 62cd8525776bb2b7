// Which customer a datagram comes from: source address, and port where that counts → gateway. Asked
// for every request outside a dialog. Exact addresses first, by one map; then the longest range
// that holds it.
import { parseIp } from '../base/ip-address.ts';
import type { IpWords } from '../base/ip-address.ts';
import { compareWords, maskWords, parseCidr } from './cidr.ts';
import type { Cidr } from './cidr.ts';
import type { MappingGateway } from './snapshot.ts';

/** The ranges of one length, sorted, searched by halving. */
interface RangesOfLength {
  readonly bits: number;
  readonly starts: readonly IpWords[];
  readonly gateways: readonly MappingGateway[];
}

interface Range {
  readonly cidr: Cidr;
  readonly gateway: MappingGateway;
}

const address = new Int32Array(4);
const masked = new Int32Array(4);

/** Immutable; a shard builds a new one when it mounts a snapshot. */
export class MappingTable {
  private readonly exact = new Map<string, MappingGateway>();
  private readonly v4: readonly RangesOfLength[];
  private readonly v6: readonly RangesOfLength[];
  /** Gateways known by address and port, by port. */
  private readonly byPort = new Map<number, MappingTable>();

  /**
   * Entries that are not an address or range are left out: the provision checks refuse them.
   * @param how of these gateways only those that are known so; by address also those with a port
   */
  constructor(gateways: readonly MappingGateway[], how: MappingGateway['authentication'] = 'ip') {
    const ranges: Range[] = [];
    const ports = how === 'ip' ? gateways.filter(countsPort) : [];
    for (const port of new Set(ports.map(({ signalPort }) => signalPort))) {
      const ofPort = ports.filter(({ signalPort }) => signalPort === port);
      this.byPort.set(port, new MappingTable(ofPort, 'ip-port'));
    }
    for (const gateway of gateways) {
      if (gateway.authentication !== how) continue;
      for (const text of gateway.remoteIps) {
        const cidr = parseCidr(text);
        if (cidr === undefined) continue;
        if (cidr.bits === 128 && !this.exact.has(text)) this.exact.set(text, gateway);
        ranges.push({ cidr, gateway });
      }
    }
    this.v4 = byLength(ranges.filter((range) => range.cidr.family === 4));
    this.v6 = byLength(ranges.filter((range) => range.cidr.family === 6));
  }

  /**
   * The gateway of a source address, as inet_ntop prints it; null when nobody claims it.
   * Allocates nothing.
   */
  find(ip: string, port: number): MappingGateway | null {
    if (this.byPort.size > 0) {
      const ofPort = this.byPort.get(port)?.find(ip, port) ?? null;
      if (ofPort !== null) return ofPort;
    }
    const exact = this.exact.get(ip);
    if (exact !== undefined) return exact;
    const family = parseIp(ip, address);
    if (family === 0) return null;
    const lengths = family === 4 ? this.v4 : this.v6;
    for (let i = 0; i < lengths.length; i++) {
      const found = findInLength(lengths[i]!);
      if (found !== null) return found;
    }
    return null;
  }
}

function countsPort(gateway: MappingGateway): boolean {
  return gateway.authentication === 'ip-port';
}

function findInLength(ranges: RangesOfLength): MappingGateway | null {
  maskWords(address, ranges.bits, masked);
  let low = 0;
  let high = ranges.starts.length - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const order = compareWords(ranges.starts[middle]!, masked);
    if (order === 0) return ranges.gateways[middle]!;
    if (order < 0) low = middle + 1;
    else high = middle - 1;
  }
  return null;
}

/** Longest first; of equal ranges the first given wins. */
function byLength(ranges: readonly Range[]): RangesOfLength[] {
  const groups = new Map<number, Range[]>();
  for (const range of ranges) {
    const group = groups.get(range.cidr.bits);
    if (group === undefined) groups.set(range.cidr.bits, [range]);
    else group.push(range);
  }
  return [...groups.entries()]
    .sort(([a], [b]) => b - a)
    .map(([bits, group]) => {
      group.sort((a, b) => compareWords(a.cidr.words, b.cidr.words));
      const distinct = group.filter(
        (range, i) => i === 0 || compareWords(range.cidr.words, group[i - 1]!.cidr.words) !== 0,
      );
      return {
        bits,
        starts: distinct.map((range) => range.cidr.words),
        gateways: distinct.map((range) => range.gateway),
      };
    });
}
