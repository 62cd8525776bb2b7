// Traced messages as a capture file (libpcap format 2.4, microseconds, LINKTYPE_RAW 101) that
// Wireshark, tshark and sngrep open. Each message is one UDP datagram between the real addresses
// and ports, also where it went over TCP or TLS: no segments to be put together, no keys to be had,
// nothing made up of a connection that was not seen.
// IPv4 (RFC 791), IPv6 (RFC 8200), UDP (RFC 768).
import { parseIp } from '../base/ip-address.ts';
import type { Endpoint } from '../base/endpoint.ts';
import { Direction, type StoredRecord } from './trace-record.ts';

const MAGIC = 0xa1b2c3d4;
const LINKTYPE_RAW = 101;
const SNAP_LENGTH = 262_144;
const FILE_HEADER_BYTES = 24;
const PACKET_HEADER_BYTES = 16;
const IPV4_BYTES = 20;
const IPV6_BYTES = 40;
const UDP_BYTES = 8;
const UDP = 17;
const TTL = 64;
/** The longest payload whose lengths fit both IP versions. */
const MAX_PAYLOAD = 65_535 - IPV4_BYTES - UDP_BYTES;

export function pcapHeader(): Buffer {
  const header = Buffer.alloc(FILE_HEADER_BYTES);
  header.writeUInt32LE(MAGIC, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(SNAP_LENGTH, 16);
  header.writeUInt32LE(LINKTYPE_RAW, 20);
  return header;
}

/** One message with its packet header. @param identification of the IPv4 packet, counted up */
export function pcapPacket(record: StoredRecord, identification: number): Buffer {
  const incoming = record.direction === Direction.In;
  const from = incoming ? record.remote : record.local;
  const to = incoming ? record.local : record.remote;
  const payload = record.message.subarray(0, MAX_PAYLOAD);
  const udp = UDP_BYTES + payload.length;
  const ip = record.remote.family === 6 ? IPV6_BYTES : IPV4_BYTES;
  const packet = Buffer.alloc(PACKET_HEADER_BYTES + ip + udp);
  packet.writeUInt32LE(Math.floor(record.timeUs / 1e6), 0);
  packet.writeUInt32LE(record.timeUs % 1e6, 4);
  packet.writeUInt32LE(ip + udp, 8);
  packet.writeUInt32LE(ip + udp + record.message.length - payload.length, 12);
  const header = packet.subarray(PACKET_HEADER_BYTES);
  if (ip === IPV6_BYTES) writeIpv6(header, from, to, udp);
  else writeIpv4(header, from, to, udp, identification);
  writeUdp(header.subarray(ip), from, to, payload);
  return packet;
}

function writeIpv4(out: Buffer, from: Endpoint, to: Endpoint, udp: number, id: number): void {
  out[0] = 0x45;
  out.writeUInt16BE(IPV4_BYTES + udp, 2);
  out.writeUInt16BE(id & 0xffff, 4);
  out[8] = TTL;
  out[9] = UDP;
  addressBytes(from).copy(out, 12);
  addressBytes(to).copy(out, 16);
  out.writeUInt16BE(checksum(out.subarray(0, IPV4_BYTES), 0), 10);
}

function writeIpv6(out: Buffer, from: Endpoint, to: Endpoint, udp: number): void {
  out[0] = 0x60;
  out.writeUInt16BE(udp, 4);
  out[6] = UDP;
  out[7] = TTL;
  addressBytes(from).copy(out, 8);
  addressBytes(to).copy(out, 24);
}

/** The checksum covers a pseudo header: addresses, protocol, length (RFC 768, RFC 8200 8.1). */
function writeUdp(out: Buffer, from: Endpoint, to: Endpoint, payload: Buffer): void {
  const length = UDP_BYTES + payload.length;
  out.writeUInt16BE(from.port, 0);
  out.writeUInt16BE(to.port, 2);
  out.writeUInt16BE(length, 4);
  payload.copy(out, UDP_BYTES);
  let pseudo = sum(addressBytes(from), 0);
  pseudo = sum(addressBytes(to), pseudo) + UDP + length;
  // 0 would say that there is none.
  out.writeUInt16BE(checksum(out.subarray(0, length), pseudo) || 0xffff, 6);
}

function addressBytes({ family, ip }: Endpoint): Buffer {
  const words = new Int32Array(4);
  parseIp(ip, words);
  const bytes = Buffer.alloc(16);
  for (let i = 0; i < 4; i++) bytes.writeInt32BE(words[i]!, 4 * i);
  return family === 6 ? bytes : bytes.subarray(12);
}

/** Sum of 16-bit words (RFC 1071); an odd last byte counts as a word's first. */
function sum(bytes: Buffer, start: number): number {
  let total = start;
  for (let i = 0; i + 1 < bytes.length; i += 2) total += bytes.readUInt16BE(i);
  return bytes.length % 2 === 0 ? total : total + (bytes[bytes.length - 1]! << 8);
}

function checksum(bytes: Buffer, start: number): number {
  let total = sum(bytes, start);
  while (total > 0xffff) total = (total & 0xffff) + Math.floor(total / 0x10000);
  return ~total & 0xffff;
}
