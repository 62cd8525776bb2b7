// A flood of what the internet sends to port 5060: noise, broken SIP, scanners, stray messages.
// The same seed sends the same sequence.
import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { seededRandom } from '../../engine/base/random.ts';
import type { Random } from '../../engine/base/random.ts';

export interface HostileSender {
  /** Datagrams sent so far. */
  sent(): number;
  stop(): Promise<void>;
}

const TICK_MS = 5;

function token(random: Random): string {
  return random.u32().toString(36);
}

function pick<T>(random: Random, values: readonly T[]): T {
  return values[random.u32() % values.length]!;
}

function noise(random: Random): Buffer {
  const bytes = Buffer.allocUnsafe(1 + (random.u32() % 1400));
  for (let i = 0; i < bytes.length; i++) bytes[i] = random.u32() & 0xff;
  return bytes;
}

/** A well-formed request of no dialog and no gateway's trade. */
function request(random: Random, ip: string, method: string): string {
  const call = token(random);
  return [
    `${method} sip:${100 + (random.u32() % 900)}@127.0.0.1 SIP/2.0`,
    `Via: SIP/2.0/UDP ${ip}:5060;branch=z9hG4bK${call};rport`,
    'Max-Forwards: 70',
    `From: "sipvicious" <sip:100@1.1.1.1>;tag=${call}`,
    'To: "sipvicious" <sip:100@1.1.1.1>',
    `Call-ID: ${call}`,
    `CSeq: 1 ${method}`,
    `Contact: <sip:100@${ip}:5060>`,
    'User-Agent: friendly-scanner',
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n');
}

/** A sweep for phones with guessed passwords, or a call in their name. */
function guess(random: Random, ip: string, method: string): string {
  const credentials =
    `Digest username="${100 + (random.u32() % 900)}", realm="127.0.0.1", ` +
    `nonce="${token(random)}", uri="sip:127.0.0.1", response="${token(random)}", algorithm=MD5`;
  return request(random, ip, method).replace(
    'Content-Length',
    `Authorization: ${credentials}\r\nContent-Length`,
  );
}

function broken(random: Random, ip: string): Buffer {
  const text = request(random, ip, pick(random, ['INVITE', 'OPTIONS', 'BYE']));
  switch (random.u32() % 6) {
    case 0: // Cut anywhere.
      return Buffer.from(text.slice(0, random.u32() % text.length), 'latin1');
    case 1: // Announces more body than there is.
      return Buffer.from(text.replace('Content-Length: 0', 'Content-Length: 99999'), 'latin1');
    case 2: // One header beyond every limit.
      return Buffer.from(text.replace('friendly', 'x'.repeat(20_000)), 'latin1');
    case 3: // Vias without end.
      return Buffer.from(text.replace('Max-', 'Via: SIP/2.0/UDP a\r\n'.repeat(400) + 'Max-'));
    case 4: // No headers that a request must have.
      return Buffer.from(text.replace(/^(From|To|CSeq|Call-ID).*\r\n/gm, ''), 'latin1');
    default: {
      // One byte flipped.
      const bytes = Buffer.from(text, 'latin1');
      bytes[random.u32() % bytes.length] = random.u32() & 0xff;
      return bytes;
    }
  }
}

function stray(random: Random, ip: string): Buffer {
  const method = pick(random, ['ACK', 'BYE', 'CANCEL', 'PRACK', 'INFO', 'NOTIFY']);
  const text = request(random, ip, method).replace(
    '<sip:100@1.1.1.1>\r\nCall',
    '<a:b>;tag=1\r\nCall',
  );
  if (random.u32() % 2 === 0) return Buffer.from(text, 'latin1');
  return Buffer.from(text.replace(/^.*\r\n/, `SIP/2.0 ${pick(random, [100, 200, 404])} X\r\n`));
}

function hostile(random: Random, ip: string, strange: boolean): Buffer {
  switch (random.u32() % 4) {
    case 0:
      return noise(random);
    case 1:
      return broken(random, ip);
    case 2:
      return stray(random, ip);
    default: {
      // From a customer's own address an INVITE would be a call: scanners come from elsewhere.
      const methods = strange ? ['OPTIONS', 'REGISTER', 'INVITE'] : ['OPTIONS', 'REGISTER'];
      const guesses = strange && random.u32() % 2 === 0;
      const text = guesses
        ? guess(random, ip, pick(random, ['REGISTER', 'INVITE']))
        : request(random, ip, pick(random, methods));
      return Buffer.from(text, 'latin1');
    }
  }
}

async function open(ip: string): Promise<Socket> {
  const socket = createSocket('udp4');
  // What comes back is not read; the port is open so that the answers do not turn into ICMP errors.
  socket.on('message', () => undefined);
  socket.on('error', () => undefined);
  await new Promise<void>((resolve) => socket.bind(0, ip, resolve));
  return socket;
}

/** What scanning programs send: the three methods in turn, every other time with credentials. */
function sweep(random: Random, ip: string): Buffer {
  const method = pick(random, ['REGISTER', 'INVITE', 'OPTIONS']);
  const guesses = method !== 'OPTIONS' && random.u32() % 2 === 0;
  return Buffer.from(guesses ? guess(random, ip, method) : request(random, ip, method), 'latin1');
}

/**
 * Sends `perSecond` datagrams to 127.0.0.1:`port`: half from 127.0.0.1 (a gateway's address), half
 * from 127.0.0.2 (nobody's); or sweeps alone, all from there.
 */
export async function startHostileSender(
  port: number,
  perSecond: number,
  seed: number,
  sweeps: boolean,
): Promise<HostileSender> {
  const random = seededRandom(seed);
  const known = await open('127.0.0.1');
  const unknown = await open('127.0.0.2');
  const began = performance.now();
  let sent = 0;
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - began) / 1000) * perSecond);
    for (; sent < due; sent++) {
      const strange = sweeps || sent % 2 === 0;
      const ip = strange ? '127.0.0.2' : '127.0.0.1';
      const datagram = sweeps ? sweep(random, ip) : hostile(random, ip, strange);
      (strange ? unknown : known).send(datagram, port, '127.0.0.1');
    }
  }, TICK_MS);
  return {
    sent: () => sent,
    async stop() {
      clearInterval(timer);
      await Promise.all(
        [known, unknown].map((s) => new Promise<void>((resolve) => s.close(() => resolve()))),
      );
    },
  };
}
