// Many registering devices behind one NAT address: each registers with digest, refreshes with the
// nonce that it has, answers challenges and OPTIONS, and sends again what is not answered
// (RFC 3261 17.1.2.2).
import { DIGEST_ALGORITHMS } from '../../engine/sip/auth/digest-algorithm.ts';
import { digestCredentials } from '../../engine/sip/auth/digest.ts';
import type { Heard } from './heard.ts';
import { responseText } from './lines.ts';
import type { Peer, SipPort } from './sip-port.ts';

const RESEND_MS = 500;
const GIVE_UP_MS = 32_000;
/** Resends at once: a sender that was held up must not flood the switch. */
const MAX_RESENDS = 20;

interface Device {
  readonly number: number;
  cseq: number;
  nonce: string;
  nonceCount: number;
  /** When the request under way was sent first, 0 when none is. */
  askedAtMs: number;
  resendAtMs: number;
  text: string;
}

export interface RegistrantFigures {
  registered: number;
  challenged: number;
  refused: number;
  timedOut: number;
  resent: number;
  /** OPTIONS answered: a device that is silent to them is asked four times over. */
  checks: number;
  /** Of all registrations, ms from the first REGISTER to the 200. */
  longestMs: number;
}

/** `digestAlgorithms` of a switch that they register with: each device uses the next of them. */
export const OFFERED_ALGORITHMS = DIGEST_ALGORITHMS.map(({ token }) => token);

export class Registrants {
  readonly figures: RegistrantFigures = {
    registered: 0,
    challenged: 0,
    refused: 0,
    timedOut: 0,
    resent: 0,
    checks: 0,
    longestMs: 0,
  };
  readonly #ports: readonly SipPort[];
  readonly #server: Peer;
  readonly #firstUser: number;
  readonly #devices: Device[];
  readonly #pending = new Set<Device>();

  /** @param firstUser number of the first phone; the others follow */
  constructor(ports: readonly SipPort[], server: Peer, firstUser: number, devices: number) {
    this.#ports = ports;
    this.#server = server;
    this.#firstUser = firstUser;
    this.#devices = Array.from({ length: devices }, (_, number) => ({
      number,
      cseq: 0,
      nonce: '',
      nonceCount: 0,
      askedAtMs: 0,
      resendAtMs: 0,
      text: '',
    }));
    for (const port of ports) {
      port.onMessage = (heard, from) => {
        if (heard.status !== 0) {
          this.#hear(heard);
        } else if (heard.method === 'OPTIONS') {
          this.figures.checks++;
          port.send(responseText(heard, 200, 'phone', port.sentBy), from);
        }
      };
    }
  }

  get pending(): number {
    return this.#pending.size;
  }

  /** Starts a REGISTER of device `i`, unless one is under way. */
  register(i: number): void {
    const device = this.#devices[i % this.#devices.length]!;
    if (device.askedAtMs !== 0) return;
    device.askedAtMs = performance.now();
    this.#send(device);
  }

  /** Sends again what waits too long; to be called every now and then. */
  resend(): void {
    const now = performance.now();
    let sent = 0;
    for (const device of this.#pending) {
      if (sent >= MAX_RESENDS) return;
      if (now - device.askedAtMs > GIVE_UP_MS) {
        this.figures.timedOut++;
        this.#end(device);
      } else if (now >= device.resendAtMs) {
        sent++;
        this.figures.resent++;
        device.resendAtMs = now + 2 * RESEND_MS;
        this.#port(device).send(device.text, this.#server);
      }
    }
  }

  #send(device: Device): void {
    const user = String(this.#firstUser + device.number);
    const port = this.#port(device);
    const uri = `sip:${this.#server.host}`;
    device.cseq++;
    device.text = [
      `REGISTER ${uri} SIP/2.0`,
      `Via: SIP/2.0/UDP 192.168.1.20:5060;rport;branch=z9hG4bK${device.number}x${device.cseq}`,
      'Max-Forwards: 70',
      `From: <sip:${user}@${this.#server.host}>;tag=${device.number}`,
      `To: <sip:${user}@${this.#server.host}>`,
      `Call-ID: reg-${device.number}`,
      `CSeq: ${device.cseq} REGISTER`,
      `Contact: <sip:${user}@192.168.1.20:5060>`,
      'Expires: 300',
      'User-Agent: Tandem-Bench-Phone/1.0',
      ...this.#authorization(device, user, uri),
      'Content-Length: 0',
      '',
      '',
    ].join('\r\n');
    device.resendAtMs = performance.now() + RESEND_MS;
    this.#pending.add(device);
    port.send(device.text, this.#server);
  }

  #authorization(device: Device, user: string, uri: string): string[] {
    if (device.nonce === '') return [];
    device.nonceCount++;
    const algorithm = DIGEST_ALGORITHMS[device.number % DIGEST_ALGORITHMS.length]!.token;
    const { nonce, nonceCount } = device;
    const challenge = { realm: this.#server.host, nonce, opaque: null, algorithm, qop: 'auth' };
    const request = { method: 'REGISTER', uri, username: user, password: `secret${user}` };
    const credentials = digestCredentials(
      { ...challenge, stale: false },
      { ...request, cnonce: 'c0ffee', nonceCount },
    );
    return [`Authorization: ${credentials}`];
  }

  #hear({ status, callId, cseq, nonce }: Heard): void {
    const device = this.#devices[Number(callId.slice('reg-'.length))];
    if (device === undefined || device.askedAtMs === 0 || cseq !== device.cseq) return;
    if (status === 401 && nonce !== '') {
      this.figures.challenged++;
      device.nonce = nonce;
      device.nonceCount = 0;
      this.#send(device);
      return;
    }
    if (status === 200) this.figures.registered++;
    else this.figures.refused++;
    const { longestMs } = this.figures;
    this.figures.longestMs = Math.max(longestMs, performance.now() - device.askedAtMs);
    this.#end(device);
  }

  #end(device: Device): void {
    device.askedAtMs = 0;
    this.#pending.delete(device);
  }

  #port(device: Device): SipPort {
    return this.#ports[device.number % this.#ports.length]!;
  }
}

/** Phones of a provisioning for the devices. */
export function benchPhones(firstUser: number, devices: number): Record<string, string>[] {
  return Array.from({ length: devices }, (_, i) => {
    const user = String(firstUser + i);
    return { e164: user, account: 'acme', password: `secret${user}` };
  });
}
