// A stranger on the port: what scanners send, the torture messages of RFC 4475 and RFC 5118, and
// noise. It must get nothing but refusals, and harm nobody.
import type { Endpoint } from '../../engine/base/endpoint.ts';
import { rfc4475Invalid } from '../engine/sip/message/torture/rfc4475-invalid.ts';
import { rfc4475Semantics } from '../engine/sip/message/torture/rfc4475-semantics.ts';
import { rfc4475Valid } from '../engine/sip/message/torture/rfc4475-valid.ts';
import { rfc5118 } from '../engine/sip/message/torture/rfc5118.ts';
import type { World } from './agent.ts';
import { EDGE } from './edge.ts';
import { requestText, TextMessage } from './text-message.ts';
import type { Packet } from './virtual-network.ts';

const SCANNER: Endpoint = { family: 4, ip: '192.0.2.99', port: 5061 };
const TORTURE = [...rfc4475Valid, ...rfc4475Invalid, ...rfc4475Semantics, ...rfc5118];

/** Sends 50 datagrams within `ms`. */
export function scan(world: World, ms: number): void {
  const { time, network, chance, complain } = world;
  network.attach(SCANNER, {
    receive: ({ text }: Packet) => {
      const { status, summary } = new TextMessage(text);
      // OPTIONS from a stranger is refused as well, so that nothing is below 400.
      if (status < 400) complain(`a scanner got ${summary}`);
    },
    unreachable: () => undefined,
  });
  for (let i = 0; i < 50; i++) {
    const text = noise(world);
    time.after(chance.between(0, ms), () => {
      network.send(SCANNER, EDGE, text);
    });
  }
}

function noise({ chance }: World): string {
  switch (chance.between(0, 3)) {
    case 0:
      return chance.pick(TORTURE).bytes.toString('latin1');
    case 1:
      return Array.from({ length: chance.between(0, 300) }, () =>
        String.fromCharCode(chance.between(0, 255)),
      ).join('');
    case 2: {
      const torture = chance.pick(TORTURE).bytes.toString('latin1');
      return torture.slice(0, chance.between(0, torture.length));
    }
    default:
      return scannerRequest(chance.token(), chance.pick(['INVITE', 'OPTIONS', 'REGISTER', 'BYE']));
  }
}

function scannerRequest(token: string, method: string): string {
  return requestText({
    method,
    uri: `sip:441@${EDGE.ip}`,
    sentBy: '192.0.2.99:5061',
    branch: `z9hG4bK${token}`,
    from: `<sip:100@${EDGE.ip}>;tag=${token}`,
    to: `<sip:100@${EDGE.ip}>`,
    callId: token,
    cseq: 1,
    extra: 'Contact: <sip:100@192.0.2.99:5061>\r\nUser-Agent: friendly-scanner\r\n',
  });
}
