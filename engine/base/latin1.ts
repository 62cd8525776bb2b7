// Text and bytes one to one: SIP headers travel through JavaScript strings as latin1, so that no
// byte is ever changed. These are Node's own methods behind `toString` and `write`, without the
// argument checks (a third of the cost of a short string); @types/node does not list them.

interface Latin1Methods {
  latin1Slice(start: number, end: number): string;
  latin1Write(text: string, offset: number): number;
}

/** The bytes `start..end` as text, one character a byte. */
export function latin1Slice(buf: Buffer, start: number, end: number): string {
  return (buf as unknown as Latin1Methods).latin1Slice(start, end);
}

/** Writes characters up to U+00FF at `offset`; the caller has checked that they fit. */
export function latin1Write(buf: Buffer, text: string, offset: number): number {
  return (buf as unknown as Latin1Methods).latin1Write(text, offset);
}

/** Whether the bytes `start..end` are this text, one character a byte. */
export function latin1Equals(buf: Buffer, start: number, end: number, text: string): boolean {
  if (end - start !== text.length) return false;
  for (let i = 0; i < text.length; i++) {
    if (buf[start + i] !== text.charCodeAt(i)) return false;
  }
  return true;
}

const scratch = Buffer.allocUnsafe(1024);

/**
 * The same text in one piece. V8 keeps a text built from parts as a tree of them; what a call keeps
 * for its whole life the garbage collector would carry about node by node.
 */
export function flat(text: string): string {
  if (text.length > scratch.length) return text;
  return latin1Slice(scratch, 0, latin1Write(scratch, text, 0));
}
