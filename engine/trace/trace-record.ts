// One traced message on its way from a shard to a file, and in the file. Positional, little-endian:
//
//   0  8  time, float64 microseconds of UTC   12  1  family of both addresses, 4 or 6
//   8  1  version                             13  1  number of traces n
//   9  1  direction                           14  1  length g of the gateway's name
//  10  1  transport                           15  1  length i of our call id, 0: of no call
//  11  1  leg                                 16  2  length c of the Call-ID
//  18  18 our address and port                36  18 the peer's
//  54  4n traces (0: ended meanwhile), g gateway, i call id, c Call-ID, the rest is the message
import type { Endpoint } from '../base/endpoint.ts';
import { formatIp, parseIp } from '../base/ip-address.ts';
import { latin1Slice, latin1Write } from '../base/latin1.ts';

const TRACE_VERSION = 1;
/** Traces that may hold one message. */
const MAX_TRACES = 64;
/** Longest message that is kept; a longer one is cut. */
export const MAX_TRACED_BYTES = 65_535;
/** A Call-ID or name that is longer is cut. */
const MAX_TEXT = 255;
const HEADER_BYTES = 54;
export const MAX_RECORD_BYTES = HEADER_BYTES + 4 * MAX_TRACES + 3 * MAX_TEXT + MAX_TRACED_BYTES;

export const Direction = { In: 0, Out: 1 } as const;
export type Direction = (typeof Direction)[keyof typeof Direction];

const TRANSPORTS = ['udp', 'tcp', 'tls'] as const;
export type TracedTransport = (typeof TRANSPORTS)[number];

/** Leg of a message: the caller's, a vendor's by its attempt from 1 on, or of no call. */
export const CALLER_LEG = 0;
export const NO_LEG = 255;

export interface TraceRecord {
  /** Microseconds of UTC, when the switch took it in or handed it to the socket. */
  readonly timeUs: number;
  readonly direction: Direction;
  readonly transport: TracedTransport;
  readonly leg: number;
  readonly traces: readonly number[];
  /** The gateway at the other end; empty when none is known. */
  readonly gateway: string;
  /** Our call id, as in the CDR; empty for a message of no traced call. */
  readonly call: string;
  readonly callId: string;
  readonly local: Endpoint;
  readonly remote: Endpoint;
}

export interface StoredRecord extends TraceRecord {
  readonly message: Buffer;
}

const words = new Int32Array(4);

/**
 * Writes a record at the start of `out`, which has MAX_RECORD_BYTES.
 * @returns where the message has to be written; it is at most MAX_TRACED_BYTES long
 */
export function writeRecordHead(out: Buffer, record: TraceRecord): number {
  const { traces, gateway, call, callId, local, remote } = record;
  const count = Math.min(traces.length, MAX_TRACES);
  out.writeDoubleLE(record.timeUs, 0);
  out[8] = TRACE_VERSION;
  out[9] = record.direction;
  out[10] = TRANSPORTS.indexOf(record.transport);
  out[11] = Math.min(record.leg, NO_LEG);
  out[12] = remote.family;
  out[13] = count;
  writeEndpoint(out, 18, local);
  writeEndpoint(out, 36, remote);
  let at = HEADER_BYTES;
  for (let i = 0; i < count; i++) at = out.writeUInt32LE(traces[i]!, at);
  out[14] = writeText(out, at, gateway);
  at += out[14];
  out[15] = writeText(out, at, call);
  at += out[15];
  const length = writeText(out, at, callId);
  out.writeUInt16LE(length, 16);
  return at + length;
}

/** Reads the record at `bytes[start, end)`; undefined when it is of another version or cut off. */
export function readRecord(bytes: Buffer, start: number, end: number): StoredRecord | undefined {
  if (end - start < HEADER_BYTES || bytes[start + 8] !== TRACE_VERSION) return undefined;
  const family = bytes[start + 12] === 6 ? 6 : 4;
  const count = bytes[start + 13]!;
  const gatewayAt = start + HEADER_BYTES + 4 * count;
  const callAt = gatewayAt + bytes[start + 14]!;
  const callIdAt = callAt + bytes[start + 15]!;
  const messageAt = callIdAt + bytes.readUInt16LE(start + 16);
  if (messageAt > end) return undefined;
  return {
    timeUs: bytes.readDoubleLE(start),
    direction: bytes[start + 9] === Direction.In ? Direction.In : Direction.Out,
    transport: TRANSPORTS[bytes[start + 10]!] ?? 'udp',
    leg: bytes[start + 11]!,
    traces: tracesOf(bytes, start),
    gateway: latin1Slice(bytes, gatewayAt, callAt),
    call: latin1Slice(bytes, callAt, callIdAt),
    callId: latin1Slice(bytes, callIdAt, messageAt),
    local: readEndpoint(bytes, start + 18, family),
    remote: readEndpoint(bytes, start + 36, family),
    message: bytes.subarray(messageAt, end),
  };
}

/** The traces of the record at `start`; those that ended meanwhile are left out. */
export function tracesOf(bytes: Buffer, start: number): number[] {
  const traces: number[] = [];
  for (let i = 0; i < bytes[start + 13]!; i++) {
    const id = bytes.readUInt32LE(start + HEADER_BYTES + 4 * i);
    if (id !== 0) traces.push(id);
  }
  return traces;
}

/** Takes one trace out of the record that fills `bytes`: it has ended. */
export function removeTrace(bytes: Buffer, id: number): void {
  for (let i = 0; i < bytes[13]!; i++) {
    const at = HEADER_BYTES + 4 * i;
    if (bytes.readUInt32LE(at) === id) bytes.writeUInt32LE(0, at);
  }
}

/** Length of the message in the record that fills `bytes`. */
export function messageBytesOf(bytes: Buffer): number {
  const texts = bytes[14]! + bytes[15]! + bytes.readUInt16LE(16);
  return bytes.length - HEADER_BYTES - 4 * bytes[13]! - texts;
}

function writeText(out: Buffer, at: number, text: string): number {
  const kept = text.length > MAX_TEXT ? text.slice(0, MAX_TEXT) : text;
  return latin1Write(out, kept, at);
}

function writeEndpoint(out: Buffer, at: number, { ip, port }: Endpoint): void {
  if (parseIp(ip, words) === 0) words.fill(0);
  for (let i = 0; i < 4; i++) out.writeInt32BE(words[i]!, at + 4 * i);
  out.writeUInt16LE(port, at + 16);
}

function readEndpoint(bytes: Buffer, at: number, family: 4 | 6): Endpoint {
  for (let i = 0; i < 4; i++) words[i] = bytes.readInt32BE(at + 4 * i);
  return { family, ip: formatIp(words), port: bytes.readUInt16LE(at + 16) };
}
