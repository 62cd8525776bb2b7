// What call control and records need of a session description: where audio goes and in which codec.
// RFC 8866: lines "x=value"; c= of the session holds for media without their own; 5.14 media line;
// 6.6 rtpmap, 6.7 direction (of the session, or of the media, which wins). Payload types without an
// rtpmap have their static names (RFC 3551 section 6). Nothing of the description is changed here.
import { CR, isDigit, LF, parseDecimal, skipToken, SLASH, SP, startsWith, word } from './bytes.ts';
import { latin1Slice } from '../../base/latin1.ts';
import { MAX_CODECS } from '../../base/limits.ts';

const AUDIO = word('audio ');
const RTPMAP = word('rtpmap:');
const IPV4 = word('IN IP4 ');
const IPV6 = word('IN IP6 ');
const LINE_A = 0x61;
const LINE_C = 0x63;
const LINE_M = 0x6d;

/** Direction of the first audio stream as its sender describes it. */
export const SdpDirection = { SendRecv: 0, SendOnly: 1, RecvOnly: 2, Inactive: 3 } as const;

export type SdpDirection = (typeof SdpDirection)[keyof typeof SdpDirection];

const directions: readonly [Buffer, SdpDirection][] = [
  [word('sendrecv'), SdpDirection.SendRecv],
  [word('sendonly'), SdpDirection.SendOnly],
  [word('recvonly'), SdpDirection.RecvOnly],
  [word('inactive'), SdpDirection.Inactive],
];

/** RFC 3551 table 4 and 5: the payload types that carriers still use without an rtpmap. */
const staticNames: Readonly<Record<number, string>> = {
  0: 'PCMU',
  3: 'GSM',
  4: 'G723',
  5: 'DVI4',
  6: 'DVI4',
  7: 'LPC',
  8: 'PCMA',
  9: 'G722',
  10: 'L16',
  11: 'L16',
  12: 'QCELP',
  13: 'CN',
  14: 'MPA',
  15: 'G728',
  16: 'DVI4',
  17: 'DVI4',
  18: 'G729',
};

/** Reusable view of one session description; offsets point into the scanned bytes, -1 is absent. */
export class Sdp {
  /** Address of the first audio stream's c= line, else of the session's. */
  addressStart = -1;
  addressEnd = -1;
  addressIsIpv6 = false;
  /** Port of the first m=audio line; 0 is a refused stream, -1 no audio at all. */
  audioPort = -1;
  /** Media lines of any kind. */
  mediaCount = 0;
  direction: SdpDirection = SdpDirection.SendRecv;
  /** Payload types offered or chosen for audio, in their order. */
  codecCount = 0;
  readonly #payloadType = new Uint8Array(MAX_CODECS);
  readonly #nameStart = new Int32Array(MAX_CODECS);
  readonly #nameEnd = new Int32Array(MAX_CODECS);
  #buf: Buffer = Buffer.alloc(0);
  #inAudio = false;

  /** Reads the description; lines it does not know or cannot read are passed over. */
  scan(buf: Buffer, start: number, end: number): void {
    this.addressStart = -1;
    this.addressEnd = -1;
    this.addressIsIpv6 = false;
    this.audioPort = -1;
    this.mediaCount = 0;
    this.direction = SdpDirection.SendRecv;
    this.codecCount = 0;
    this.#buf = buf;
    this.#inAudio = false;
    let pos = start;
    while (pos < end) {
      let lineEnd = pos;
      while (lineEnd < end && buf[lineEnd] !== LF) lineEnd++;
      const next = lineEnd + 1;
      if (lineEnd > pos && buf[lineEnd - 1] === CR) lineEnd--;
      if (lineEnd - pos > 2) this.#line(buf, buf[pos]!, pos + 2, lineEnd);
      pos = next;
    }
  }

  /** Payload type of the codec at `index` (0 is the first offered). */
  payloadType(index: number): number {
    return this.#payloadType[index]!;
  }

  /** Name of the codec at `index` as rtpmap writes it, else its static name; '' when unknown. */
  codecName(index: number): string {
    if (index >= this.codecCount) return '';
    const start = this.#nameStart[index]!;
    if (start >= 0) return latin1Slice(this.#buf, start, this.#nameEnd[index]!);
    return staticNames[this.#payloadType[index]!] ?? '';
  }

  /** The first codec: what was chosen in an answer, what is preferred in an offer. */
  firstCodec(): string {
    return this.codecName(0);
  }

  /** The address as text, '' when there is none. */
  address(): string {
    return this.addressStart < 0 ? '' : latin1Slice(this.#buf, this.addressStart, this.addressEnd);
  }

  #line(buf: Buffer, type: number, start: number, end: number): void {
    // The session's lines, then those of the first audio stream.
    const isSession = this.mediaCount === 0;
    if (type === LINE_M) this.#media(buf, start, end);
    else if (!isSession && !this.#inAudio) return;
    else if (type === LINE_C) this.#connection(buf, start, end);
    else if (type === LINE_A) this.#attribute(buf, start, end);
  }

  #media(buf: Buffer, start: number, end: number): void {
    this.mediaCount++;
    this.#inAudio = this.audioPort < 0 && startsWith(buf, start, end, AUDIO);
    if (!this.#inAudio) return;
    let pos = start + AUDIO.length;
    const portStart = pos;
    while (pos < end && isDigit(buf[pos]!)) pos++;
    const port = parseDecimal(buf, portStart, pos, 65535);
    if (port < 0) {
      this.#inAudio = false;
      return;
    }
    this.audioPort = port;
    // Past the number of ports, if any, and the transport.
    pos = skipWord(buf, skipWord(buf, pos, end), end);
    while (pos < end && this.codecCount < MAX_CODECS) {
      const stop = wordEnd(buf, pos, end);
      const payloadType = parseDecimal(buf, pos, stop, 127);
      if (payloadType >= 0) {
        this.#payloadType[this.codecCount] = payloadType;
        this.#nameStart[this.codecCount++] = -1;
      }
      pos = skipWord(buf, pos, end);
    }
  }

  #connection(buf: Buffer, start: number, end: number): void {
    const isIpv6 = startsWith(buf, start, end, IPV6);
    if (!isIpv6 && !startsWith(buf, start, end, IPV4)) return;
    const addressStart = start + IPV4.length;
    let pos = addressStart;
    while (pos < end && buf[pos] !== SLASH && buf[pos] !== SP) pos++;
    if (pos === addressStart) return;
    this.addressIsIpv6 = isIpv6;
    this.addressStart = addressStart;
    this.addressEnd = pos;
  }

  #attribute(buf: Buffer, start: number, end: number): void {
    if (startsWith(buf, start, end, RTPMAP)) {
      this.#rtpmap(buf, start + RTPMAP.length, end);
      return;
    }
    for (const [name, direction] of directions) {
      if (end - start === name.length && startsWith(buf, start, end, name)) {
        this.direction = direction;
      }
    }
  }

  #rtpmap(buf: Buffer, start: number, end: number): void {
    const stop = wordEnd(buf, start, end);
    const payloadType = parseDecimal(buf, start, stop, 127);
    const nameStart = skipWord(buf, start, end);
    const nameEnd = skipToken(buf, nameStart, end);
    if (payloadType < 0 || nameEnd === nameStart) return;
    for (let i = 0; i < this.codecCount; i++) {
      if (this.#payloadType[i] !== payloadType) continue;
      this.#nameStart[i] = nameStart;
      this.#nameEnd[i] = nameEnd;
    }
  }
}

function wordEnd(buf: Buffer, pos: number, end: number): number {
  while (pos < end && buf[pos] !== SP) pos++;
  return pos;
}

/** The start of the next word. */
function skipWord(buf: Buffer, pos: number, end: number): number {
  pos = wordEnd(buf, pos, end);
  while (pos < end && buf[pos] === SP) pos++;
  return pos;
}
