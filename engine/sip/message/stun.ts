// STUN Binding on the SIP port (RFC 8489; RFC 5626 8 for its use as keep-alive): a request is
// answered with the address it came from, without credentials and without state. Indications,
// responses and what breaks the format get nothing, so two servers can never answer each other.
import { crc32 } from 'node:zlib';
import type { Endpoint } from '../../base/endpoint.ts';
import { parseIp } from '../../base/ip-address.ts';

// RFC 8489 5: message types of the Binding method, the magic cookie.
const BINDING_REQUEST = 0x0001;
const BINDING_SUCCESS = 0x0101;
const BINDING_ERROR = 0x0111;
const MAGIC_COOKIE = 0x2112a442;
const HEADER_BYTES = 20;

// RFC 8489 14 and 18.3: attributes.
const MAPPED_ADDRESS = 0x0001;
const ERROR_CODE = 0x0009;
const UNKNOWN_ATTRIBUTES = 0x000a;
const XOR_MAPPED_ADDRESS = 0x0020;
const FINGERPRINT = 0x8028;
const FINGERPRINT_XOR = 0x5354554e;
const FINGERPRINT_BYTES = 8;
/** From here on attributes may be ignored by whoever does not know them. */
const FIRST_OPTIONAL = 0x8000;
/**
 * Understood, though a server without credentials has no use for them: MAPPED-ADDRESS, USERNAME,
 * MESSAGE-INTEGRITY, ERROR-CODE, UNKNOWN-ATTRIBUTES, REALM, NONCE, MESSAGE-INTEGRITY-SHA256,
 * PASSWORD-ALGORITHM, USERHASH, XOR-MAPPED-ADDRESS.
 */
const KNOWN: readonly number[] = [0x01, 0x06, 0x08, 0x09, 0x0a, 0x14, 0x15, 0x1c, 0x1d, 0x1e, 0x20];
/** More are not listed. */
const MAX_UNKNOWN = 16;

const words = new Int32Array(4);

/**
 * The answer to a datagram that has a STUN header (isStun), as latin1 text; '' for none.
 * It has at most 24 bytes more than its request.
 */
export function stunAnswer(buf: Buffer, start: number, end: number, source: Endpoint): string {
  if (buf.readUInt16BE(start) !== BINDING_REQUEST) return '';
  const unknown: number[] = [];
  const fingerprint = readAttributes(buf, start, end, unknown);
  if (fingerprint === null) return '';
  const modern = buf.readUInt32BE(start + 4) === MAGIC_COOKIE;
  const answer =
    unknown.length > 0 ? errorAnswer(unknown) : addressAnswer(buf, start, source, modern);
  if (answer === null) return '';
  // Cookie and transaction ID are the request's.
  buf.copy(answer, 4, start + 4, start + HEADER_BYTES);
  return (fingerprint ? withFingerprint(answer) : answer).toString('latin1');
}

/**
 * Collects the comprehension-required attributes that are not known (RFC 8489 6.3.1).
 * @returns whether there is a FINGERPRINT; null when the message is not to be answered
 */
function readAttributes(
  buf: Buffer,
  start: number,
  end: number,
  unknown: number[],
): boolean | null {
  let pos = start + HEADER_BYTES;
  while (pos < end) {
    const type = buf.readUInt16BE(pos);
    const length = buf.readUInt16BE(pos + 2);
    const next = pos + 4 + ((length + 3) & ~3);
    if (next > end) return null;
    if (type === FINGERPRINT) {
      const last = next === end && length === 4;
      return last && buf.readUInt32BE(pos + 4) === fingerprintOf(buf, start, pos) ? true : null;
    }
    if (type < FIRST_OPTIONAL && !KNOWN.includes(type) && unknown.length < MAX_UNKNOWN) {
      unknown.push(type);
    }
    pos = next;
  }
  return false;
}

/** RFC 8489 14.2; without the cookie (RFC 3489) it is MAPPED-ADDRESS (RFC 5389 12.2). */
function addressAnswer(
  buf: Buffer,
  start: number,
  source: Endpoint,
  modern: boolean,
): Buffer | null {
  if (parseIp(source.ip, words) === 0) return null;
  const addressBytes = source.family === 6 ? 16 : 4;
  const answer = newAnswer(BINDING_SUCCESS, 8 + addressBytes);
  answer.writeUInt16BE(modern ? XOR_MAPPED_ADDRESS : MAPPED_ADDRESS, HEADER_BYTES);
  answer.writeUInt16BE(4 + addressBytes, HEADER_BYTES + 2);
  answer[HEADER_BYTES + 5] = source.family === 6 ? 2 : 1;
  answer.writeUInt16BE(source.port ^ (modern ? MAGIC_COOKIE >>> 16 : 0), HEADER_BYTES + 6);
  for (let at = 0; at < addressBytes; at += 4) {
    const word = words[source.family === 6 ? at / 4 : 3]!;
    // The cookie and the transaction ID behind it are what an IPv6 address is covered with.
    const cover = modern ? buf.readInt32BE(start + 4 + at) : 0;
    answer.writeInt32BE(word ^ cover, HEADER_BYTES + 8 + at);
  }
  return answer;
}

/** 420 Unknown Attribute (RFC 8489 6.3.1), without a reason phrase. */
function errorAnswer(unknown: readonly number[]): Buffer {
  const listBytes = unknown.length * 2;
  const answer = newAnswer(BINDING_ERROR, 8 + 4 + ((listBytes + 3) & ~3));
  answer.writeUInt16BE(ERROR_CODE, HEADER_BYTES);
  answer.writeUInt16BE(4, HEADER_BYTES + 2);
  answer.writeUInt16BE((4 << 8) | 20, HEADER_BYTES + 6);
  const list = HEADER_BYTES + 8;
  answer.writeUInt16BE(UNKNOWN_ATTRIBUTES, list);
  answer.writeUInt16BE(listBytes, list + 2);
  unknown.forEach((type, i) => answer.writeUInt16BE(type, list + 4 + 2 * i));
  return answer;
}

function newAnswer(type: number, attributeBytes: number): Buffer {
  const answer = Buffer.alloc(HEADER_BYTES + attributeBytes);
  answer.writeUInt16BE(type, 0);
  answer.writeUInt16BE(attributeBytes, 2);
  return answer;
}

/** RFC 8489 14.7: over everything before it, with the length that counts it in. */
function withFingerprint(answer: Buffer): Buffer {
  const length = answer.length;
  const longer = Buffer.alloc(length + FINGERPRINT_BYTES);
  answer.copy(longer);
  longer.writeUInt16BE(length + FINGERPRINT_BYTES - HEADER_BYTES, 2);
  longer.writeUInt16BE(FINGERPRINT, length);
  longer.writeUInt16BE(4, length + 2);
  longer.writeUInt32BE(fingerprintOf(longer, 0, length), length + 4);
  return longer;
}

function fingerprintOf(buf: Buffer, start: number, end: number): number {
  return (crc32(buf.subarray(start, end)) ^ FINGERPRINT_XOR) >>> 0;
}
