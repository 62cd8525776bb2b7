// What connections to routing gateways over TLS are checked by, for the sockets on main.
import { resolve } from 'node:path';
import type { PeerTls } from '../net/streams/certificates.ts';
import type { Snapshot } from '../routing/snapshot.ts';
import { isName } from './names/gateway-names.ts';

/** By `ip:port`. @param folder where relative paths start */
export function peerTls({ routingGateways }: Snapshot, folder: string): Map<string, PeerTls> {
  const peers = new Map<string, PeerTls>();
  for (const { transport, tls, host, peer, addresses } of routingGateways) {
    if (transport !== 'tls') continue;
    const path = (file: string): string => (file === '' ? '' : resolve(folder, file));
    const { certificate, key, verify } = tls;
    const settings: PeerTls = {
      serverName: tls.serverName !== '' ? tls.serverName : isName(host) ? host : '',
      ca: path(tls.ca),
      verify,
      pair: certificate === '' ? null : { certificate: path(certificate), key: path(key) },
    };
    const peerAddresses = addresses.length > 0 ? addresses.map((each) => each.peer) : [peer];
    for (const { ip, port } of peerAddresses) peers.set(`${ip}:${port}`, settings);
  }
  return peers;
}
