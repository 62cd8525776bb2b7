// CityHash128 of version 1.0.2: the checksum of ClickHouse's compressed blocks, which stays with
// that version although later ones of CityHash give other values.
// Algorithm: Geoff Pike and Jyrki Alakuijala, CityHash 1.0.2 (Google, 2011).
//
// BigInt arithmetic costs about 50 ms per megabyte: enough for answers to dashboards.

const K0 = 0xc3a5c85c97cb3127n;
const K1 = 0xb492b66fbe98f273n;
const K2 = 0x9ae16a3b2f90404fn;
const K3 = 0xc949d7c7509e6557n;
const MULTIPLIER = 0x9ddfea08eb382d69n;

type Pair = readonly [low: bigint, high: bigint];

const wrap = (value: bigint): bigint => BigInt.asUintN(64, value);
const rotate = (value: bigint, by: bigint): bigint => wrap((value >> by) | (value << (64n - by)));
const fold = (value: bigint): bigint => value ^ (value >> 47n);
const product = (a: bigint, b: bigint): bigint => wrap(a * b);

/** Mixes 128 bits into 64. */
function mix(low: bigint, high: bigint): bigint {
  const a = fold(product(low ^ high, MULTIPLIER));
  const b = fold(product(high ^ a, MULTIPLIER));
  return product(b, MULTIPLIER);
}

function hashUpTo16(bytes: Buffer): bigint {
  const { length } = bytes;
  const size = BigInt(length);
  if (length > 8) {
    const first = bytes.readBigUInt64LE(0);
    const last = bytes.readBigUInt64LE(length - 8);
    return mix(first, rotate(wrap(last + size), size)) ^ last;
  }
  if (length >= 4) {
    const first = BigInt(bytes.readUInt32LE(0));
    return mix(size + (first << 3n), BigInt(bytes.readUInt32LE(length - 4)));
  }
  if (length === 0) return K2;
  const front = BigInt(bytes[0]! + (bytes[length >> 1]! << 8));
  const back = BigInt(length + (bytes[length - 1]! << 2));
  return product(fold(wrap(front * K2) ^ wrap(back * K3)), K2);
}

/** 32 bytes from `at` and two seeds into two words; weak but quick. */
function weakHash(bytes: Buffer, at: number, seedA: bigint, seedB: bigint): Pair {
  const second = bytes.readBigUInt64LE(at + 8);
  const third = bytes.readBigUInt64LE(at + 16);
  const last = bytes.readBigUInt64LE(at + 24);
  const start = wrap(seedA + bytes.readBigUInt64LE(at));
  const turned = rotate(wrap(seedB + start + last), 21n);
  const sum = wrap(start + second + third);
  return [wrap(sum + last), wrap(turned + rotate(sum, 44n) + start)];
}

/** For fewer than 128 bytes. */
function hashShort(bytes: Buffer, [low, high]: Pair): Pair {
  const { length } = bytes;
  let a = low;
  let b = high;
  let c: bigint;
  let d: bigint;
  if (length <= 16) {
    a = product(fold(product(a, K1)), K1);
    c = wrap(b * K1 + hashUpTo16(bytes));
    d = fold(wrap(a + (length >= 8 ? bytes.readBigUInt64LE(0) : c)));
  } else {
    c = mix(wrap(bytes.readBigUInt64LE(length - 8) + K1), a);
    d = mix(wrap(b + BigInt(length)), wrap(c + bytes.readBigUInt64LE(length - 16)));
    a = wrap(a + d);
    for (let at = 0; at < length - 16; at += 16) {
      a = product(a ^ product(fold(product(bytes.readBigUInt64LE(at), K1)), K1), K1);
      b ^= a;
      c = product(c ^ product(fold(product(bytes.readBigUInt64LE(at + 8), K1)), K1), K1);
      d ^= c;
    }
  }
  a = mix(a, c);
  b = mix(d, b);
  return [a ^ b, mix(b, a)];
}

/** For 128 bytes and more. */
function hashLong(bytes: Buffer, [low, high]: Pair): Pair {
  const { length } = bytes;
  const word = (at: number): bigint => bytes.readBigUInt64LE(at);
  let x = low;
  let y = high;
  let z = product(BigInt(length), K1);
  const start = wrap(rotate(y ^ K1, 49n) * K1 + word(0));
  let v: Pair = [start, wrap(rotate(start, 42n) * K1 + word(8))];
  let w: Pair = [
    wrap(rotate(wrap(y + z), 35n) * K1 + x),
    product(rotate(wrap(x + word(88)), 53n), K1),
  ];
  const whole = length - (length % 128);
  for (let at = 0; at < whole; at += 64) {
    x = product(rotate(wrap(x + y + v[0] + word(at + 16)), 37n), K1) ^ w[1];
    y = product(rotate(wrap(y + v[1] + word(at + 48)), 42n), K1) ^ v[0];
    z = rotate(z ^ w[0], 33n);
    v = weakHash(bytes, at, product(v[1], K1), wrap(x + w[0]));
    w = weakHash(bytes, at + 32, wrap(z + w[1]), y);
    [x, z] = [z, x];
  }
  y = wrap(y + rotate(w[0], 37n) * K0 + z);
  x = wrap(x + rotate(wrap(v[0] + z), 49n) * K0);
  // What is left of the last 128 bytes, in pieces of 32 from the end; the last one overlaps.
  for (let tail = 32; tail < length - whole + 32; tail += 32) {
    y = wrap(rotate(wrap(y - x), 42n) * K0 + v[1]);
    w = [wrap(w[0] + word(length - tail + 16)), w[1]];
    x = wrap(rotate(x, 49n) * K0 + w[0]);
    w = [wrap(w[0] + v[0]), w[1]];
    v = weakHash(bytes, length - tail, v[0], v[1]);
  }
  x = mix(x, v[0]);
  y = mix(y, w[0]);
  return [wrap(mix(wrap(x + v[1]), w[1]) + y), mix(wrap(x + w[1]), wrap(y + v[1]))];
}

/** 16 bytes: the low word, then the high one, each little-endian. */
export function cityHash128(bytes: Buffer): Buffer {
  const { length } = bytes;
  let rest = bytes;
  let seed: Pair = [K0, K1];
  if (length >= 16) {
    seed = [bytes.readBigUInt64LE(0) ^ K3, bytes.readBigUInt64LE(8)];
    rest = bytes.subarray(16);
  } else if (length >= 8) {
    const size = BigInt(length);
    seed = [bytes.readBigUInt64LE(0) ^ product(size, K0), bytes.readBigUInt64LE(length - 8) ^ K1];
    rest = bytes.subarray(0, 0);
  }
  const [low, high] = rest.length < 128 ? hashShort(rest, seed) : hashLong(rest, seed);
  const hash = Buffer.allocUnsafe(16);
  hash.writeBigUInt64LE(low, 0);
  hash.writeBigUInt64LE(high, 8);
  return hash;
}
