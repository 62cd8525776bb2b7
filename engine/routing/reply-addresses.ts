// Which reply address a request's source is set to (ADR-01 to ADR-03). The transactions ask for
// each request, so gateways that all answer to the socket, as nearly all do, cost them nothing.
import type { Endpoint } from '../base/endpoint.ts';
import type { ReplyAddress } from '../base/gateway-words.ts';
import { SettingsBySource } from './by-source.ts';
import type { MappingGateway, Snapshot } from './snapshot.ts';

export type ReplyAddressOf = (source: Endpoint) => ReplyAddress;

/**
 * The question's answer as a function; null when it is `socket` for everybody.
 * @param customerAt the customer's gateway at an address
 */
export function replyAddresses(
  { mappingGateways, routingGateways }: Snapshot,
  customerAt: (source: Endpoint) => MappingGateway | null,
): ReplyAddressOf | null {
  const special = [...mappingGateways, ...routingGateways].some(
    ({ replyAddress }) => replyAddress !== 'socket',
  );
  if (!special) return null;
  const vendors = new SettingsBySource(routingGateways, ({ replyAddress }) => replyAddress);
  return (source) => customerAt(source)?.replyAddress ?? vendors.find(source) ?? 'socket';
}
