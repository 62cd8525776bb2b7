// Methods: small integer codes for the methods the switch acts on; others are code 0 and keep
// their bytes. Method names are case-sensitive (RFC 3261 7.1).

export const Method = {
  Unknown: 0,
  Invite: 1,
  Ack: 2,
  Bye: 3,
  Cancel: 4,
  Options: 5,
  Register: 6,
  Prack: 7,
  Update: 8,
  Info: 9,
  Message: 10,
  Notify: 11,
  Refer: 12,
  Subscribe: 13,
  Publish: 14,
} as const;

export type Method = (typeof Method)[keyof typeof Method];

const names: readonly string[] = [
  '',
  'INVITE',
  'ACK',
  'BYE',
  'CANCEL',
  'OPTIONS',
  'REGISTER',
  'PRACK',
  'UPDATE',
  'INFO',
  'MESSAGE',
  'NOTIFY',
  'REFER',
  'SUBSCRIBE',
  'PUBLISH',
];

/** The method as it stands in a start line; empty for `Unknown`. */
export function methodName(method: Method): string {
  return names[method]!;
}

// No two known methods share the first two letters and the length.
const candidates = new Uint8Array(0x10000);
for (let code = 1; code < names.length; code++) {
  const name = names[code]!;
  candidates[candidateKey(name.charCodeAt(0), name.charCodeAt(1), name.length)] = code;
}

function candidateKey(first: number, second: number, length: number): number {
  return ((first & 0x1f) << 11) | ((second & 0x1f) << 6) | (length & 0x3f);
}

/** The code of the method at `start..end`; `Unknown` for any other token. */
export function methodAt(buf: Buffer, start: number, end: number): Method {
  const length = end - start;
  if (length < 3 || length > 9) return Method.Unknown;
  const code = candidates[candidateKey(buf[start]!, buf[start + 1]!, length)]!;
  const name = names[code]!;
  if (name.length !== length) return Method.Unknown;
  for (let i = 0; i < length; i++) {
    if (buf[start + i] !== name.charCodeAt(i)) return Method.Unknown;
  }
  return code as Method;
}
