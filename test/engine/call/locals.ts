// Listen addresses for cores without sockets.
import { hostPort, type Endpoint } from '../../../engine/base/endpoint.ts';
import type { TransportName } from '../../../engine/base/gateway-words.ts';
import { transportParameter, type LocalAddress } from '../../../engine/call/local-address.ts';

export function localAt(endpoint: Endpoint, transport: TransportName = 'udp'): LocalAddress {
  const { family, ip } = endpoint;
  const shown = hostPort(endpoint);
  return {
    family,
    transport,
    host: family === 6 ? `[${ip}]` : ip,
    hostPort: shown,
    contact: shown + transportParameter(transport),
  };
}
