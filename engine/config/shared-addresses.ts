// Routing gateways that share an IP but not what is set for messages that come from it. Their ports
// tell them apart (routing/by-source.ts); where these are the same, or a gateway sends from another
// port than its own, the standard setting is used. The operator should know.
import type { Static } from 'typebox';
import { parseIp } from '../base/ip-address.ts';
import type { ProblemList } from './problem-list.ts';
import type { ROUTING_GATEWAY } from './routing-gateway-schema.ts';
import type { Partially } from './schema-check.ts';

type Entry = Partially<Static<typeof ROUTING_GATEWAY>> | undefined;

/** What is found by the source of a message, and what counts where it is not known whose it is. */
const SETTINGS = [
  { key: 'replyAddress', standard: 'socket', otherwise: 'are answered to their socket' },
  {
    key: 'peerNumberInformation',
    standard: 'from',
    otherwise: 'have their caller read from From',
  },
] as const;

const words = new Int32Array(4);

export function checkSharedAddresses(gateways: readonly Entry[], list: ProblemList): void {
  const firstAt = new Map<string, number>();
  gateways.forEach((gateway, i) => {
    const ip = gateway?.remoteIp;
    if (ip === undefined || parseIp(ip, words) === 0) return;
    const address = words.join();
    const earlier = new Set<number>();
    for (const key of [`${address}:${portOf(gateway!)}`, address]) {
      const first = firstAt.get(key);
      if (first === undefined) firstAt.set(key, i);
      else earlier.add(first);
    }
    for (const other of earlier) {
      compare(gateways[other]!, gateway!, ['routingGateways', i], list);
    }
  });
}

function compare(
  one: NonNullable<Entry>,
  other: NonNullable<Entry>,
  at: readonly (string | number)[],
  list: ProblemList,
): void {
  for (const { key, standard, otherwise } of SETTINGS) {
    const [theirs = standard, ours = standard] = [one[key], other[key]];
    if (theirs === ours) continue;
    const where = `"${one.name}" at the same address ${one.remoteIp} has ${key}: ${theirs}`;
    const [port, ownPort] = [portOf(one), portOf(other)];
    const whose =
      port === ownPort
        ? `messages from there, as both have port ${port},`
        : `messages that come from neither ${port} nor ${ownPort}`;
    list.warn([...at, key], `is ${ours}, but ${where}; ${whose} ${otherwise}`);
  }
}

function portOf({ signalPort, transport }: NonNullable<Entry>): number {
  return signalPort ?? (transport === 'tls' ? 5061 : 5060);
}
