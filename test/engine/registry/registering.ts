// A switch that registers with its vendors, each vendor's registrar played by the test: what the
// tests of registrations, probes and publications have in common.
import { createHash } from 'node:crypto';
import type { ParameterValues } from '../../../engine/base/parameter-values.ts';
import type { RoutingGateway, Snapshot } from '../../../engine/routing/snapshot.ts';
import type { TextMessage } from '../../sim/text-message.ts';
import { Flow, type Peer } from '../call/flow.ts';

export const CREDENTIALS = { username: 'tandem', password: 'secret' };
export const OURS = 'sip:tandem@192.0.2.1:5060';
const MD5_CHALLENGE = 'Digest realm="carrier", nonce="abc", qop="auth", algorithm=MD5';

export const REGISTERED: Partial<RoutingGateway> = {
  registerType: 'register-out',
  credentials: CREDENTIALS,
  host: 'sip.example.net',
};

export function registering(
  parameters: Partial<ParameterValues> = {},
  vendors: readonly Partial<RoutingGateway>[] = [REGISTERED],
): Flow {
  const flow = new Flow({ parameters, vendors });
  flow.edge.operate(() => undefined); // the loop turns: timers run from the start
  flow.run();
  return flow;
}

/** Answers the REGISTER that has come with 200. @param expires of our contact */
export function accept(peer: Peer, expires: number): TextMessage {
  const register = peer.take('REGISTER');
  const contact = register.header('contact');
  const granted =
    register.header('expires') === '0' ? '' : `Contact: ${contact};expires=${expires}\r\n`;
  peer.answer(register, 200, { extra: granted });
  return register;
}

export function challenge(peer: Peer, value = MD5_CHALLENGE): TextMessage {
  const register = peer.take('REGISTER');
  peer.answer(register, 401, { extra: `WWW-Authenticate: ${value}\r\n` });
  return register;
}

/** Whether the credentials of the request answer the challenge, by the formula of RFC 7616. */
export function provesItself(request: TextMessage, hash: 'md5' | 'sha256', nonce: string): boolean {
  const value = request.header('authorization');
  const h = (text: string): string => createHash(hash).update(text).digest('hex');
  const field = (name: string): string => {
    return new RegExp(`\\b${name}="?([^",]*)`).exec(value)?.[1] ?? '';
  };
  const { username, password } = CREDENTIALS;
  const ha1 = h(`${username}:${field('realm')}:${password}`);
  const ha2 = h(`${request.method}:${request.uri}`);
  const middle = `00000001:${field('cnonce')}:auth`;
  return (
    field('response') === h(`${ha1}:${nonce}:${middle}:${ha2}`) && field('uri') === request.uri
  );
}

/** Puts a changed snapshot in force: other parameters, other vendors. */
export function remount(
  flow: Flow,
  parameters: Partial<ParameterValues>,
  change: (gateway: RoutingGateway) => RoutingGateway | null = (gateway) => gateway,
): Snapshot {
  const { snapshot } = flow;
  const changed = {
    ...snapshot,
    version: snapshot.version + 1,
    parameters: { ...snapshot.parameters, ...parameters },
    routingGateways: snapshot.routingGateways.map(change).filter((gateway) => gateway !== null),
  };
  flow.edge.operate((core) => {
    core.mount(changed);
  });
  flow.run();
  return changed;
}
