// SipMessage.parse: what is let in, what is refused, and what stays readable for an answer.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAX_HEADER_BYTES, MAX_HEADERS, MAX_VIAS } from '../../../../engine/base/limits.ts';
import { HeaderId } from '../../../../engine/sip/message/header-names.ts';
import { SipMessage } from '../../../../engine/sip/message/message.ts';
import { headerNumber } from '../../../../engine/sip/message/header-number.ts';
import { Method } from '../../../../engine/sip/message/methods.ts';
import { ParseResult } from '../../../../engine/sip/message/parse-result.ts';

const message = new SipMessage();
const baseHeaders = [
  'Via: SIP/2.0/UDP 192.0.2.1:5062;branch=z9hG4bKa1;rport',
  'From: <sip:100@192.0.2.1>;tag=f1',
  'To: <sip:200@192.0.2.2>',
  'Call-ID: c1@192.0.2.1',
  'CSeq: 7 INVITE',
];

function parse(bytes: Buffer | string): ParseResult {
  const buf = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes;
  return message.parse(buf, 0, buf.length);
}

function invite(headers: string[], body = '', start = 'INVITE sip:200@192.0.2.2 SIP/2.0'): string {
  return [start, ...headers, '', body].join('\r\n');
}

/** The base headers with the one of that name replaced, or left out. */
function replaced(name: string, line?: string): string[] {
  const rest = baseHeaders.filter((header) => !header.startsWith(`${name}:`));
  return line === undefined ? rest : [...rest, line];
}

test('a request and what is read of it', () => {
  assert.equal(parse(invite([...baseHeaders, 'Max-Forwards: 70'], 'body')), ParseResult.Ok);
  assert.equal(message.isRequest, true);
  assert.equal(message.status, 0);
  assert.equal(message.method, Method.Invite);
  assert.equal(message.slice(message.uriStart, message.uriEnd), 'sip:200@192.0.2.2');
  assert.equal(message.slice(message.callIdStart, message.callIdEnd), 'c1@192.0.2.1');
  assert.equal(message.cseq, 7);
  assert.equal(message.maxForwards, 70);
  assert.equal(message.contentLength, -1);
  assert.equal(message.topVia.port, 5062);
  assert.equal(message.topVia.rport, 0);
  assert.equal(message.to.tagStart, -1);
  assert.equal(message.contact(), null);
  // Without Content-Length the body is the rest of the datagram (RFC 3261 18.3).
  assert.equal(message.slice(message.bodyStart, message.bodyEnd), 'body');
});

test('a response takes its method from CSeq', () => {
  assert.equal(parse(invite(baseHeaders, '', 'SIP/2.0 486 Busy Here')), ParseResult.Ok);
  assert.equal(message.isRequest, false);
  assert.equal(message.status, 486);
  assert.equal(message.method, Method.Invite);
  assert.equal(message.methodText(), 'INVITE');
  assert.equal(message.answerable, false);
});

test('a second parse shows nothing of the first', () => {
  parse(invite([...baseHeaders, 'Max-Forwards: 70', 'Contact: <sip:a@b>', 'Content-Length: 0']));
  assert.notEqual(message.contact(), null);
  assert.equal(parse('GET / HTTP/1.1\r\n\r\n'), ParseResult.NotSip);
  assert.equal(message.headerCount, 0);
  assert.equal(message.first(HeaderId.Via), -1);
  assert.equal(message.maxForwards, -1);
  assert.equal(message.contentLength, -1);
  assert.equal(message.callIdStart, -1);
  assert.equal(message.topVia.hostStart, -1);
  assert.equal(message.contact(), null);
});

test('keep-alives, STUN and garbage', () => {
  for (const bytes of ['', '\r\n', '\r\n\r\n', '\0\0\0\0', '\r\n\r\n\r\n']) {
    assert.equal(parse(bytes), ParseResult.KeepAlive, JSON.stringify(bytes));
  }
  const binding = Buffer.alloc(20);
  binding.writeUInt16BE(1, 0);
  binding.writeUInt32BE(0x2112a442, 4);
  assert.equal(parse(binding), ParseResult.Stun);
  binding.writeUInt16BE(8, 2);
  assert.equal(parse(binding), ParseResult.NotSip);
  for (const bytes of [
    'x',
    'INVITE',
    'INVITE sip:a@b',
    'hello there\r\n\r\n',
    '\xff\xfe\r\n\r\n',
  ]) {
    assert.equal(parse(bytes), ParseResult.NotSip, JSON.stringify(bytes));
  }
});

test('empty lines before the start line are passed over', () => {
  assert.equal(parse(`\r\n\r\n${invite(baseHeaders)}`), ParseResult.Ok);
});

test('lines may end in LF alone, values may not hold a CR', () => {
  assert.equal(parse(invite(baseHeaders).replaceAll('\r\n', '\n')), ParseResult.Ok);
  assert.equal(message.slice(message.callIdStart, message.callIdEnd), 'c1@192.0.2.1');
  assert.equal(parse(invite([...baseHeaders, 'Subject: a\rVia: x'])), ParseResult.BadRequest);
  assert.equal(message.error, 'Bare CR in Header');
});

test('each mandatory header is missed, and its fault named', () => {
  const faults: [string, string | undefined, string][] = [
    ['Via', undefined, 'Missing Via'],
    ['Via', 'Via: SIP/2.0/UDP', 'Bad Via'],
    ['Via', 'Via: SIP/2.0/UDP h:70000', 'Bad Via'],
    ['From', undefined, 'Missing From'],
    ['From', 'From: <sip:a@b', 'Bad From'],
    ['From', 'From: <sip:a@b>;tag=1, <sip:c@d>', 'Bad From'],
    ['To', undefined, 'Missing To'],
    ['To', 'To: *', 'Bad To'],
    ['Call-ID', undefined, 'Missing Call-ID'],
    ['Call-ID', 'Call-ID:', 'Bad Call-ID'],
    ['Call-ID', 'Call-ID: a b', 'Bad Call-ID'],
    ['CSeq', undefined, 'Missing CSeq'],
    ['CSeq', 'CSeq: INVITE', 'Bad CSeq'],
    ['CSeq', 'CSeq: 2147483648 INVITE', 'Bad CSeq'],
    ['CSeq', 'CSeq: 1 invite', 'CSeq Method Mismatch'],
    ['X', 'Max-Forwards: 256', 'Bad Max-Forwards'],
    ['X', 'Content-Length: 5', 'Content-Length Too Large'],
    ['X', 'Call-ID: c1@192.0.2.1', 'Repeated Header'],
    ['X', 'no colon here', 'Bad Header Line'],
    ['X', ': no name', 'Bad Header Line'],
  ];
  for (const [name, line, error] of faults) {
    assert.equal(parse(invite(replaced(name, line))), ParseResult.BadRequest, error);
    assert.equal(message.error, error);
  }
});

test('a bad request leaves what its answer needs', () => {
  parse(invite(replaced('CSeq', 'CSeq: 1 BYE')));
  assert.equal(message.answerable, true);
  assert.equal(message.slice(message.topVia.branchStart, message.topVia.branchEnd), 'z9hG4bKa1');
  assert.equal(message.text(message.first(HeaderId.CSeq)), '1 BYE');
  parse(invite(replaced('Via', 'Via: SIP/2.0/UDP [::1')));
  assert.equal(message.topVia.hostEnd > message.topVia.hostStart, true);
  parse(invite(replaced('Via', 'Via: nonsense')));
  assert.equal(message.answerable, false);
});

test('a header section without its empty line', () => {
  const cut = invite(baseHeaders).slice(0, -2);
  assert.equal(parse(cut), ParseResult.BadRequest);
  assert.equal(message.error, 'Header Section Not Ended');
});

test('malformed responses are told from malformed requests', () => {
  for (const line of ['SIP/2.0 099 x', 'SIP/2.0 700 x', 'SIP/2.0 2000 OK', 'SIP/3.0 200 OK']) {
    assert.equal(parse(invite(baseHeaders, '', line)), ParseResult.BadResponse, line);
  }
  assert.equal(parse(invite(replaced('CSeq'), '', 'SIP/2.0 200 OK')), ParseResult.BadResponse);
});

test('limits, each with its own result', () => {
  const vias = Array.from({ length: MAX_VIAS - 1 }, () => 'Via: SIP/2.0/UDP a');
  assert.equal(parse(invite([...baseHeaders, ...vias])), ParseResult.Ok);
  assert.equal(
    parse(invite([...baseHeaders, ...vias, 'v: SIP/2.0/UDP a'])),
    ParseResult.TooManyVias,
  );
  const listed = `v: ${Array.from({ length: MAX_VIAS }, () => 'SIP/2.0/UDP a').join(', ')}`;
  assert.equal(parse(invite([...baseHeaders, listed])), ParseResult.TooManyVias);
  const fill = Array.from({ length: MAX_HEADERS - baseHeaders.length }, (_, i) => `X-${i}: y`);
  assert.equal(parse(invite([...baseHeaders, ...fill])), ParseResult.Ok);
  assert.equal(parse(invite([...baseHeaders, ...fill, 'Z: z'])), ParseResult.TooManyHeaders);
  assert.equal(message.answerable, true);
  const long = `X: ${'y'.repeat(MAX_HEADER_BYTES)}`;
  assert.equal(parse(invite([...baseHeaders, long])), ParseResult.HeaderTooLong);
  const uri = `INVITE sip:${'1'.repeat(5000)}@h SIP/2.0`;
  assert.equal(parse(invite(baseHeaders, '', uri)), ParseResult.UriTooLong);
  assert.equal(message.answerable, true);
  assert.equal(parse(invite(baseHeaders, 'x'.repeat(65536))), ParseResult.MessageTooLarge);
});

test('header indexes follow the order of the message', () => {
  parse(invite([...baseHeaders, 'X-A: 1', 'Route: <sip:a>', 'X-B: 2', 'ROUTE: <sip:b>']));
  const first = message.first(HeaderId.Route);
  assert.equal(message.text(first), '<sip:a>');
  assert.equal(message.text(message.next(first)), '<sip:b>');
  assert.equal(message.next(message.next(first)), -1);
  const unknown = message.first(HeaderId.Other);
  assert.equal(message.slice(message.nameStart(unknown), message.nameEnd(unknown)), 'X-A');
  assert.equal(message.text(message.next(unknown)), '2');
  assert.equal(message.headerId(first), HeaderId.Route);
});

test('numbers before parameters', () => {
  const cases: [string, number][] = [
    ['Session-Expires: 1800;refresher=uac', 1800],
    ['x: 90', 90],
    ['Session-Expires: 99999999999999', 0x7fffffff],
    ['Session-Expires: soon', -2],
    ['Session-Expires: 90s', -2],
  ];
  for (const [line, expected] of cases) {
    parse(invite([...baseHeaders, line]));
    assert.equal(headerNumber(message, HeaderId.SessionExpires), expected, line);
  }
  parse(invite([...baseHeaders, 'Retry-After: 18000 (maintenance)']));
  assert.equal(headerNumber(message, HeaderId.RetryAfter), 18000);
  assert.equal(headerNumber(message, HeaderId.Expires), -1);
});

test('a fold is one space; white space in front of it stays', () => {
  const folded = ['Subject: a \r\n  b\r\n\tc', 'X-Lf: d\n e', 'X-Tab: f\tg', 'X-One: h'];
  assert.equal(parse(invite([...baseHeaders, ...folded])), ParseResult.Ok);
  assert.equal(message.text(message.first(HeaderId.Subject)), 'a  b c');
  const unknown = message.first(HeaderId.Other);
  assert.equal(message.text(unknown), 'd e');
  assert.equal(message.text(message.next(unknown)), 'f\tg');
  assert.equal(message.text(message.next(message.next(unknown))), 'h');
});

test('a name is a token, whatever stands between its bytes and the colon', () => {
  for (const line of ['X@Y: 1', 'X Y: 1', ': 1', '"X": 1', 'X\x01: 1', 'X\x80: 1', 'X']) {
    assert.equal(parse(invite([...baseHeaders, line])), ParseResult.BadRequest, line);
    assert.equal(message.error, 'Bad Header Line', line);
    assert.equal(message.cseq, 7);
  }
  assert.equal(parse(invite([...baseHeaders, "!%*_+`'~: 1", 'X \t: 1'])), ParseResult.Ok);
});
