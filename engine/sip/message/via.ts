// One Via value as offsets: the parser fills the top one of each message, transactions read it.
// RFC 3261 25.1: via-parm = sent-protocol LWS sent-by *( SEMI via-params )
//   sent-protocol = protocol-name SLASH protocol-version SLASH transport
//   sent-by = host [ COLON port ]; white space may surround every separator
//   via-params: ttl, maddr, received, branch; rport (RFC 3581)
import * as bytes from './bytes.ts';
import { Parameter } from './params.ts';
import { MAX_PARAMETERS } from '../../base/limits.ts';

// Constants of this module: see bytes.ts.
const { COLON, COMMA, HOST_BYTE, IPV6_BYTE, LBRACKET, RBRACKET, SEMI, SLASH } = bytes;
const { equalsFolded, isDigit, parseDecimal, skipLws, skipSet, skipToken, startsWith, word } =
  bytes;

/** How nearly every Via starts. */
const USUAL_PROTOCOL = word('SIP/2.0/UDP ');
const BRANCH = word('branch');
const RPORT = word('rport');
const RECEIVED = word('received');
const MADDR = word('maddr');
const TTL = word('ttl');
const UDP = word('udp');
const TCP = word('tcp');
const TLS = word('tls');
const SCTP = word('sctp');
const TLS_SCTP = word('tls-sctp');
const WS = word('ws');
const WSS = word('wss');

/** Transports of a Via; `Unknown` is any other token. */
export const ViaTransport = {
  Unknown: 0,
  Udp: 1,
  Tcp: 2,
  Tls: 3,
  Sctp: 4,
  TlsSctp: 5,
  Ws: 6,
  Wss: 7,
} as const;

export type ViaTransport = (typeof ViaTransport)[keyof typeof ViaTransport];

const parameter = new Parameter();

/** Reusable view of one Via value; offsets point into the parsed bytes, -1 is absent. */
export class Via {
  transport: ViaTransport = ViaTransport.Unknown;
  /** Start of the value, at "SIP". */
  start = -1;
  /** sent-by host, without the brackets of an IPv6 reference. */
  hostStart = -1;
  hostEnd = -1;
  hostIsIpv6 = false;
  /** 1..65535, -1 when not written. */
  port = -1;
  branchStart = -1;
  branchEnd = -1;
  /** -1 absent, 0 present without a value (RFC 3581: fill it in), else the port. */
  rport = -1;
  /** `received` and `maddr` are without brackets, whether they were written with them or not. */
  receivedStart = -1;
  receivedEnd = -1;
  maddrStart = -1;
  maddrEnd = -1;
  /** 0..255, -1 absent. */
  ttl = -1;
  /** From the first semicolon to the end of the value; equal when there are none. */
  paramsStart = -1;
  paramsEnd = -1;

  clear(): void {
    this.transport = ViaTransport.Unknown;
    this.start = -1;
    this.hostStart = -1;
    this.hostEnd = -1;
    this.hostIsIpv6 = false;
    this.port = -1;
    this.branchStart = -1;
    this.branchEnd = -1;
    this.rport = -1;
    this.receivedStart = -1;
    this.receivedEnd = -1;
    this.maddrStart = -1;
    this.maddrEnd = -1;
    this.ttl = -1;
    this.paramsStart = -1;
    this.paramsEnd = -1;
  }

  /**
   * Reads the Via value that starts at `pos`.
   * @returns the position of the comma after it or `end`; -1 when it is malformed (what stands
   * before the fault, sent-by above all, can still be read)
   */
  parse(buf: Buffer, pos: number, end: number): number {
    this.clear();
    this.start = skipLws(buf, pos, end);
    pos = this.#protocol(buf, this.start, end);
    if (pos < 0) return -1;
    pos = this.#sentBy(buf, pos, end);
    if (pos < 0) return -1;
    this.paramsStart = pos;
    for (let count = 0; pos < end && buf[pos] === SEMI; count++) {
      if (count === MAX_PARAMETERS) return -1;
      pos = parameter.read(buf, pos, end);
      if (pos < 0 || !this.#keep(buf)) return -1;
    }
    this.paramsEnd = pos;
    return pos === end || buf[pos] === COMMA ? pos : -1;
  }

  #protocol(buf: Buffer, pos: number, end: number): number {
    if (startsWith(buf, pos, end, USUAL_PROTOCOL)) {
      this.transport = ViaTransport.Udp;
      return skipLws(buf, pos + USUAL_PROTOCOL.length, end);
    }
    // Any name and version: a request of another version still has to be answered along its Via.
    let tokenEnd = skipToken(buf, pos, end);
    let next = skipSlash(buf, tokenEnd, end);
    if (next < 0 || tokenEnd === pos) return -1;
    tokenEnd = skipToken(buf, next, end);
    if (tokenEnd === next) return -1;
    pos = skipSlash(buf, tokenEnd, end);
    if (pos < 0) return -1;
    tokenEnd = skipToken(buf, pos, end);
    this.transport = transportAt(buf, pos, tokenEnd);
    next = skipLws(buf, tokenEnd, end);
    return tokenEnd === pos || next === tokenEnd ? -1 : next;
  }

  #sentBy(buf: Buffer, pos: number, end: number): number {
    if (buf[pos] === LBRACKET && pos < end) {
      this.hostStart = ++pos;
      pos = skipSet(buf, pos, end, IPV6_BYTE);
      this.hostEnd = pos;
      this.hostIsIpv6 = true;
      if (pos >= end || buf[pos] !== RBRACKET) return -1;
      pos++;
    } else {
      this.hostStart = pos;
      pos = skipSet(buf, pos, end, HOST_BYTE);
      this.hostEnd = pos;
    }
    if (this.hostEnd === this.hostStart) return -1;
    pos = skipLws(buf, pos, end);
    if (pos >= end || buf[pos] !== COLON) return pos;
    const portStart = skipLws(buf, pos + 1, end);
    pos = portStart;
    while (pos < end && isDigit(buf[pos]!)) pos++;
    this.port = parseDecimal(buf, portStart, pos, 65535);
    return this.port <= 0 ? -1 : skipLws(buf, pos, end);
  }

  /** Takes the parameter just read; false when its value is not what its name demands. */
  #keep(buf: Buffer): boolean {
    const { nameStart, nameEnd, valueStart, valueEnd } = parameter;
    switch (buf[nameStart]! | 0x20) {
      case 0x62: // b
        if (this.branchStart < 0 && equalsFolded(buf, nameStart, nameEnd, BRANCH)) {
          if (valueEnd <= valueStart) return false;
          this.branchStart = valueStart;
          this.branchEnd = valueEnd;
        }
        return true;
      case 0x72: // r
        if (equalsFolded(buf, nameStart, nameEnd, RPORT)) {
          this.rport = valueEnd <= valueStart ? 0 : parseDecimal(buf, valueStart, valueEnd, 65535);
          return this.rport >= 0;
        }
        if (equalsFolded(buf, nameStart, nameEnd, RECEIVED) && valueEnd > valueStart) {
          const bracket = buf[valueStart] === LBRACKET && buf[valueEnd - 1] === RBRACKET ? 1 : 0;
          this.receivedStart = valueStart + bracket;
          this.receivedEnd = valueEnd - bracket;
        }
        return true;
      case 0x6d: // m
        if (equalsFolded(buf, nameStart, nameEnd, MADDR) && valueEnd > valueStart) {
          const bracket = buf[valueStart] === LBRACKET && buf[valueEnd - 1] === RBRACKET ? 1 : 0;
          this.maddrStart = valueStart + bracket;
          this.maddrEnd = valueEnd - bracket;
        }
        return true;
      case 0x74: // t
        if (equalsFolded(buf, nameStart, nameEnd, TTL)) {
          this.ttl = parseDecimal(buf, valueStart, valueEnd, 255);
          return this.ttl >= 0;
        }
        return true;
      default:
        return true;
    }
  }
}

function skipSlash(buf: Buffer, pos: number, end: number): number {
  pos = skipLws(buf, pos, end);
  return pos < end && buf[pos] === SLASH ? skipLws(buf, pos + 1, end) : -1;
}

function transportAt(buf: Buffer, start: number, end: number): ViaTransport {
  if (equalsFolded(buf, start, end, UDP)) return ViaTransport.Udp;
  if (equalsFolded(buf, start, end, TCP)) return ViaTransport.Tcp;
  if (equalsFolded(buf, start, end, TLS)) return ViaTransport.Tls;
  if (equalsFolded(buf, start, end, SCTP)) return ViaTransport.Sctp;
  if (equalsFolded(buf, start, end, TLS_SCTP)) return ViaTransport.TlsSctp;
  if (equalsFolded(buf, start, end, WS)) return ViaTransport.Ws;
  if (equalsFolded(buf, start, end, WSS)) return ViaTransport.Wss;
  return ViaTransport.Unknown;
}
