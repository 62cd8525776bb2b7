// What passes from one leg to the other: only header fields listed here, so that nothing of one
// side's addresses or equipment reaches the other (RFC 7092 3.2, topology hiding).
// Allow, Supported and Require pass reduced to what works end to end through the switch. Session
// timers are each leg's own (leg-sessions.ts): nothing of them passes.
import { HEADER_ID_COUNT, HeaderId, headerName } from '../sip/message/header-names.ts';
import type { SipMessage } from '../sip/message/message.ts';

/** Methods that a peer may use towards us: the Allow of our own responses (RFC 3261 20.5). */
export const ALLOWED_METHODS =
  'INVITE, ACK, CANCEL, BYE, OPTIONS, PRACK, UPDATE, INFO, MESSAGE, NOTIFY';
/** Extensions that work end to end: RFC 3262, 3312. */
const END_TO_END: readonly string[] = ['100rel', 'precondition'];
/** RFC 4028: ours on each leg. */
const TIMER = 'timer';
/** What we know. */
export const SUPPORTED_EXTENSIONS: readonly string[] = [...END_TO_END, TIMER];

const PASS = 1;
const PASS_METHODS = 2;
const PASS_EXTENSIONS = 3;

const RULES = new Uint8Array(HEADER_ID_COUNT);
for (const id of [
  HeaderId.Accept,
  HeaderId.ContentDisposition,
  HeaderId.ContentEncoding,
  HeaderId.ContentLanguage,
  HeaderId.ContentType,
  HeaderId.Event,
  HeaderId.Expires,
  HeaderId.InfoPackage,
  HeaderId.MimeVersion,
  HeaderId.Priority,
  HeaderId.RSeq,
  HeaderId.Reason,
  HeaderId.RecvInfo,
  HeaderId.Subject,
  HeaderId.SubscriptionState,
  HeaderId.UserToUser,
]) {
  RULES[id] = PASS;
}
RULES[HeaderId.Allow] = PASS_METHODS;
RULES[HeaderId.Supported] = PASS_EXTENSIONS;
RULES[HeaderId.Require] = PASS_EXTENSIONS;

/** Lists whose reduced form is remembered. */
const MAX_REMEMBERED = 1000;
const EXTENSIONS = new Set(END_TO_END);
const passedMethods = reducer(new Set(ALLOWED_METHODS.split(', ')));
const passedExtensions = reducer(EXTENSIONS);

/**
 * The header lines of `message` that pass to the other leg, each with CRLF.
 * @param extra names, in lower case, that the mapping gateway lets pass besides (`passHeaders`)
 */
export function passedHeaders(message: SipMessage, extra: readonly string[]): string {
  let lines = '';
  for (let i = 0; i < message.headerCount; i++) {
    const id = message.headerId(i);
    const rule = RULES[id]!;
    if (rule === PASS) lines += `${headerName(id)}: ${message.text(i)}\r\n`;
    else if (rule === PASS_METHODS) lines += listLine(id, passedMethods(message.text(i)));
    else if (rule === PASS_EXTENSIONS) lines += listLine(id, passedExtensions(message.text(i)));
    else if (extra.length > 0) lines += extraLine(message, i, extra);
  }
  return lines;
}

/** The end of a message: Content-Length, empty line and body as latin1 text. */
export function bodyOf(message: SipMessage): string {
  const length = message.bodyEnd - message.bodyStart;
  if (length === 0) return 'Content-Length: 0\r\n\r\n';
  const body = message.slice(message.bodyStart, message.bodyEnd);
  return `Content-Length: ${length}\r\n\r\n${body}`;
}

const RELIABLE = '100rel';

/** Header lines, and what follows them, without what makes responses reliable (RFC 3262). */
export function withoutReliable(text: string): string {
  const end = text.indexOf('\r\n\r\n');
  const head = end < 0 ? text : text.slice(0, end);
  const lines = head.split('\r\n').flatMap((line) => {
    if (line.startsWith('RSeq: ')) return [];
    const [, name, list] = /^(Supported: |Require: )(.*)$/.exec(line) ?? [];
    if (name === undefined || list === undefined) return [line];
    const kept = list.split(', ').filter((tag) => tag !== RELIABLE);
    return kept.length === 0 ? [] : [name + kept.join(', ')];
  });
  return lines.join('\r\n') + (end < 0 ? '' : text.slice(end));
}

const SUPPORTED = 'Supported: ';

/**
 * Header lines of ours and passed ones behind them as one text with one Supported line: RFC 3261
 * 7.3.1 allows several, but some agents read only the first.
 * @param own begins with a Supported line, or is empty
 * @param passed header lines, and what follows them
 */
export function joinSupported(own: string, passed: string): string {
  const at = passed.startsWith(SUPPORTED) ? 0 : passed.indexOf(`\r\n${SUPPORTED}`) + 2;
  if (own === '' || at === 1 || at > passed.indexOf('\r\n\r\n')) return own + passed;
  const end = passed.indexOf('\r\n', at);
  const list = passed.slice(at + SUPPORTED.length, end);
  const first = own.indexOf('\r\n');
  const lines = `${own.slice(0, first)}, ${list}${own.slice(first)}`;
  return lines + passed.slice(0, at) + passed.slice(end + 2);
}

/** Whether provisional responses to an INVITE must be reliable. */
export function requiresReliable(request: SipMessage): boolean {
  for (let i = request.first(HeaderId.Require); i >= 0; i = request.next(i)) {
    if (request.text(i).toLowerCase().includes(RELIABLE)) return true;
  }
  return false;
}

/**
 * The option tags of a request's Require that we do not know; empty when all are known.
 * @param timer whether the peer may have session timers
 * @param reliable whether it may ask for reliable provisional responses
 */
export function unsupportedExtensions(
  request: SipMessage,
  timer: boolean,
  reliable: boolean,
): string {
  let unknown = '';
  for (let i = request.first(HeaderId.Require); i >= 0; i = request.next(i)) {
    for (const tag of request.text(i).split(',')) {
      const name = tag.trim();
      const known = name.toLowerCase();
      if (name === '' || (EXTENSIONS.has(known) && (reliable || known !== RELIABLE))) continue;
      if (timer && known === TIMER) continue;
      unknown += unknown === '' ? name : `, ${name}`;
    }
  }
  return unknown;
}

function listLine(id: HeaderId, list: string): string {
  return list === '' ? '' : `${headerName(id)}: ${list}\r\n`;
}

/** Peers send the same few lists in every message: what became of one is remembered. */

/** Reduces a comma-separated list to the items that are known. */
function reducer(known: ReadonlySet<string>): (list: string) => string {
  const remembered = new Map<string, string>();
  return (list) => {
    let kept = remembered.get(list);
    if (kept !== undefined) return kept;
    kept = list
      .split(',')
      .map((item) => item.trim())
      .filter((item) => known.has(item))
      .join(', ');
    if (remembered.size >= MAX_REMEMBERED) remembered.clear();
    remembered.set(list, kept);
    return kept;
  };
}

function extraLine(message: SipMessage, index: number, extra: readonly string[]): string {
  const name = message.slice(message.nameStart(index), message.nameEnd(index));
  return extra.includes(name.toLowerCase()) ? `${name}: ${message.text(index)}\r\n` : '';
}
