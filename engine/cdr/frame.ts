// One record in a spool segment. Little-endian, back to back, no padding:
//
//   0  2  marker FF FE        4  4  payload length        12  n  payload (msgpack array)
//   2  1  kind                8  4  CRC-32C of bytes 2..8 and the payload
//   3  1  schema version
//
// FF and FE occur in no UTF-8 text, so nothing that a peer sends can look like a frame when a
// reader searches for the next one behind a damaged place.
import { crc32c } from './crc32c.ts';

export const FRAME_KIND_AT = 2;
export const FRAME_VERSION_AT = 3;
export const FRAME_HEADER_BYTES = 12;
/** The largest payload; a length field above it is damage. */
export const MAX_PAYLOAD_BYTES = 65_536;
export const MARKER_FIRST = 0xff;
const MARKER_SECOND = 0xfe;

/**
 * Writes one frame at `offset` of `target`, which has room for it; returns the offset behind it.
 * The payload is `payload[start, end)`.
 */
export function writeFrame(
  target: Buffer,
  offset: number,
  kind: number,
  version: number,
  payload: Buffer,
  start: number,
  end: number,
): number {
  const length = payload.copy(target, offset + FRAME_HEADER_BYTES, start, end);
  layHeader(target, offset, kind, version, length);
  return sealFrame(target, offset);
}

/** Writes the header of a frame whose payload of `length` bytes stands behind it; no checksum. */
export function layHeader(
  target: Buffer,
  offset: number,
  kind: number,
  version: number,
  length: number,
): void {
  target[offset] = MARKER_FIRST;
  target[offset + 1] = MARKER_SECOND;
  target[offset + FRAME_KIND_AT] = kind;
  target[offset + FRAME_VERSION_AT] = version;
  target.writeUInt32LE(length, offset + 4);
}

/** Adds the checksum to the frame at `offset`; returns the offset behind it. */
export function sealFrame(target: Buffer, offset: number): number {
  const next = offset + FRAME_HEADER_BYTES + target.readUInt32LE(offset + 4);
  target.writeUInt32LE(frameCrc(target, offset, next), offset + 8);
  return next;
}

/** Checksum over what identifies the record (kind, version, length) and its payload. */
function frameCrc(bytes: Uint8Array, offset: number, end: number): number {
  return crc32c(bytes, offset + FRAME_HEADER_BYTES, end, crc32c(bytes, offset + 2, offset + 8));
}

/** checkFrame: the bytes end before the frame does. */
export const FRAME_INCOMPLETE = -1;
/** checkFrame: no frame starts here, or its checksum is wrong. */
export const FRAME_INVALID = -2;

/** Offset behind the frame at `offset` of `bytes[0, end)`, or FRAME_INCOMPLETE or FRAME_INVALID. */
export function checkFrame(bytes: Buffer, offset: number, end: number): number {
  if (end - offset >= 1 && bytes[offset] !== MARKER_FIRST) return FRAME_INVALID;
  if (end - offset >= 2 && bytes[offset + 1] !== MARKER_SECOND) return FRAME_INVALID;
  if (end - offset < FRAME_HEADER_BYTES) return FRAME_INCOMPLETE;
  const length = bytes.readUInt32LE(offset + 4);
  if (length > MAX_PAYLOAD_BYTES) return FRAME_INVALID;
  const next = offset + FRAME_HEADER_BYTES + length;
  if (next > end) return FRAME_INCOMPLETE;
  return bytes.readUInt32LE(offset + 8) === frameCrc(bytes, offset, next) ? next : FRAME_INVALID;
}
