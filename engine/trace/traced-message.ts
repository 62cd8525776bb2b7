// One traced message as a person reads it: what it is in a few words, its request line and the
// fields that carry numbers and addresses (SIP-23), whether it was seen before.
import { latin1Slice } from '../base/latin1.ts';
import { HeaderId } from '../sip/message/header-names.ts';
import { SipMessage } from '../sip/message/message.ts';
import { ParseResult } from '../sip/message/parse-result.ts';
import { Sdp, SdpDirection } from '../sip/message/sdp.ts';
import type { StoredRecord } from './trace-record.ts';

const SHOWN_BYTES = 24;
const DIRECTIONS: Readonly<Record<SdpDirection, string>> = {
  [SdpDirection.SendRecv]: '',
  [SdpDirection.SendOnly]: ' sendonly',
  [SdpDirection.RecvOnly]: ' recvonly',
  [SdpDirection.Inactive]: ' inactive',
};

const message = new SipMessage();
const sdp = new Sdp();

/** `INVITE (1) SDP`, `180 Ringing (1 INVITE)`; of what is no SIP its first bytes. */
export function labelOf({ message: bytes }: StoredRecord): string {
  const result = message.parse(bytes, 0, bytes.length);
  if (result === ParseResult.KeepAlive) return 'keep-alive';
  if (result === ParseResult.Stun) return 'STUN';
  if (result === ParseResult.NotSip) return printable(bytes);
  const method = message.methodText();
  const what = message.isRequest
    ? `${method} (${message.cseq})`
    : `${message.status} ${message.slice(message.reasonStart, message.reasonEnd)} ` +
      `(${message.cseq} ${method})`;
  return what + sdpMark();
}

/** Request line (or status line), From, To and Contact, as they stand in the message. */
export function fieldsOf({ message: bytes }: StoredRecord): string[] {
  message.parse(bytes, 0, bytes.length);
  const firstLine = latin1Slice(bytes, 0, Math.max(0, bytes.indexOf('\r\n')));
  const fields = (['From', 'To', 'Contact'] as const).flatMap((name) => {
    const index = message.first(HeaderId[name]);
    return index < 0 ? [] : [`${name}: ${message.text(index)}`];
  });
  return firstLine === '' ? fields : [firstLine, ...fields];
}

/** The whole message by its lines; bytes that are no text as dots. */
export function linesOf({ message: bytes }: StoredRecord): string[] {
  return latin1Slice(bytes, 0, bytes.length)
    .replace(/[^\x20-\x7e\r\n\t\x80-\xff]/g, '.')
    .replace(/(\r?\n)+$/, '')
    .split(/\r?\n/);
}

function sdpMark(): string {
  if (message.bodyEnd <= message.bodyStart) return '';
  const type = message.first(HeaderId.ContentType);
  if (type < 0 || !/\bsdp\b/i.test(message.text(type))) return ' +body';
  sdp.scan(message.buf, message.bodyStart, message.bodyEnd);
  return ` SDP${DIRECTIONS[sdp.direction]}`;
}

function printable(bytes: Buffer): string {
  const text = latin1Slice(bytes, 0, Math.min(bytes.length, SHOWN_BYTES));
  return `"${text.replace(/[^\x20-\x7e]/g, '.')}"`;
}
