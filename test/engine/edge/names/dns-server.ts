// A name server for tests over UDP (RFC 1035 4): answers what it is told to, counts what it is
// asked, falls silent or fails when it shall.
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv4 } from 'node:net';

const TYPES = { A: 1, AAAA: 28, SRV: 33, NAPTR: 35 } as const;
type Type = keyof typeof TYPES;

/** `A sip.example.net` to its records: addresses, `priority weight port target`, NAPTR fields. */
export type Zone = Record<string, readonly string[]>;

export class DnsServer {
  zone: Zone;
  /** Questions so far, as `A sip.example.net`. */
  readonly asked: string[] = [];
  /** Answers SERVFAIL. */
  failing = false;
  readonly #socket: Socket = createSocket('udp4');

  private constructor(zone: Zone) {
    this.zone = zone;
  }

  static async open(zone: Zone): Promise<DnsServer> {
    const server = new DnsServer(zone);
    server.#socket.on('message', (query, { port, address }) => {
      server.#socket.send(server.#answer(query), port, address);
    });
    server.#socket.bind(0, '127.0.0.1');
    await once(server.#socket, 'listening');
    return server;
  }

  get address(): string {
    return `127.0.0.1:${this.#socket.address().port}`;
  }

  close(): void {
    this.#socket.close();
  }

  #answer(query: Buffer): Buffer {
    const labels: string[] = [];
    let at = 12;
    for (let length = query[at]!; length > 0; length = query[at]!) {
      labels.push(query.toString('latin1', at + 1, at + 1 + length));
      at += 1 + length;
    }
    const code = query.readUInt16BE(at + 1);
    const type = (Object.keys(TYPES) as Type[]).find((name) => TYPES[name] === code)!;
    const name = labels.join('.').toLowerCase();
    this.asked.push(`${type} ${name}`);
    const records = this.failing ? [] : (this.zone[`${type} ${name}`] ?? []);
    const exists = Object.keys(this.zone).some((key) => key.endsWith(` ${name}`));
    const header = Buffer.alloc(12);
    query.copy(header, 0, 0, 2);
    header.writeUInt16BE(0x8180 | (this.failing ? 2 : exists ? 0 : 3), 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(records.length, 6);
    const answers = records.map((record) => {
      const data = recordData(type, record);
      const fixed = Buffer.alloc(12);
      fixed.writeUInt16BE(0xc00c, 0);
      fixed.writeUInt16BE(code, 2);
      fixed.writeUInt16BE(1, 4);
      fixed.writeUInt16BE(data.length, 10);
      return Buffer.concat([fixed, data]);
    });
    return Buffer.concat([header, query.subarray(12, at + 5), ...answers]);
  }
}

function recordData(type: Type, record: string): Buffer {
  if (type === 'A') return Buffer.from(record.split('.').map(Number));
  if (type === 'AAAA') return ipv6Bytes(record);
  const fields = record.split(' ');
  if (type === 'SRV') {
    return Buffer.concat([words(fields.slice(0, 3)), nameBytes(fields[3]!)]);
  }
  const [order, preference, flags, service, replacement] = fields;
  const texts = [flags!, service!, ''].map(text);
  return Buffer.concat([words([order!, preference!]), ...texts, nameBytes(replacement!)]);
}

function words(values: readonly string[]): Buffer {
  const bytes = Buffer.alloc(values.length * 2);
  values.forEach((value, i) => bytes.writeUInt16BE(Number(value), i * 2));
  return bytes;
}

function text(value: string): Buffer {
  return Buffer.concat([Buffer.from([value.length]), Buffer.from(value)]);
}

function nameBytes(name: string): Buffer {
  const labels = name === '.' ? [] : name.split('.');
  return Buffer.concat([...labels.map(text), Buffer.from([0])]);
}

/** Only what the tests write: `2001:db8::N`. */
function ipv6Bytes(address: string): Buffer {
  if (isIPv4(address)) throw new Error(`${address} is no IPv6 address`);
  const [head, tail] = address.split('::') as [string, string];
  const bytes = Buffer.alloc(16);
  head.split(':').forEach((group, i) => bytes.writeUInt16BE(parseInt(group, 16), i * 2));
  bytes.writeUInt16BE(parseInt(tail, 16), 14);
  return bytes;
}
