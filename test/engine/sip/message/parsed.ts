// A parsed request with the given header lines, for tests of single headers.
import assert from 'node:assert/strict';
import { SipMessage } from '../../../../engine/sip/message/message.ts';
import { ParseResult } from '../../../../engine/sip/message/parse-result.ts';

/** @param headers lines with CRLF, after the mandatory ones */
export function parsed(headers: string): SipMessage {
  const text =
    'INVITE sip:a@example.com SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKx\r\n' +
    'From: <sip:b@example.com>;tag=b\r\nTo: <sip:a@example.com>\r\nCall-ID: x\r\n' +
    `CSeq: 1 INVITE\r\nMax-Forwards: 70\r\n${headers}Content-Length: 0\r\n\r\n`;
  const buf = Buffer.from(text, 'latin1');
  const message = new SipMessage();
  assert.equal(message.parse(buf, 0, buf.length), ParseResult.Ok);
  return message;
}
