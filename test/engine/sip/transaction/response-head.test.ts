// What every response copies from its request: Via with received and rport (RFC 3581),
// Record-Route, To with its tag; folded lines and compact names.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Endpoint } from '../../../../engine/base/endpoint.ts';
import { SipMessage } from '../../../../engine/sip/message/message.ts';
import { ResponseHead } from '../../../../engine/sip/transaction/response-head.ts';
import { headerValues, requestOf } from './bench.ts';

const SOURCE: Endpoint = { family: 4, ip: '203.0.113.5', port: 40_000 };
const SOURCE6: Endpoint = { family: 6, ip: '2001:db8::5', port: 40_000 };

function headOf(text: string, source = SOURCE): ResponseHead {
  const message = new SipMessage();
  message.parse(Buffer.from(text, 'latin1'), 0, text.length);
  return new ResponseHead(message, source);
}

/** The top Via as it is sent back. */
function viaBack(via: string, source = SOURCE): string {
  return headerValues(`${headOf(requestOf({ via }), source).vias}\r\n`, 'Via')[0]!;
}

test('received and rport are filled in (RFC 3261 18.2.1, RFC 3581 4)', () => {
  const cases: [string, string][] = [
    // Neither is needed.
    ['203.0.113.5:5062;branch=z9hG4bK1', '203.0.113.5:5062;branch=z9hG4bK1'],
    ['10.0.0.7:5062;branch=z9hG4bK1', '10.0.0.7:5062;branch=z9hG4bK1;received=203.0.113.5'],
    ['host.example.com;branch=z9hG4bK1', 'host.example.com;branch=z9hG4bK1;received=203.0.113.5'],
    // RFC 3581 wants received with rport even when it says nothing new.
    [
      '203.0.113.5:5062;rport;branch=z9hG4bK1',
      '203.0.113.5:5062;rport=40000;branch=z9hG4bK1;received=203.0.113.5',
    ],
    ['10.0.0.7;branch=z9hG4bK1;rport', '10.0.0.7;branch=z9hG4bK1;rport=40000;received=203.0.113.5'],
    // What the client claims is replaced.
    [
      '10.0.0.7;rport=9;received=192.0.2.66;branch=z9hG4bK1',
      '10.0.0.7;rport=40000;branch=z9hG4bK1;received=203.0.113.5',
    ],
    [
      '10.0.0.7 ; RPORT ; branch=z9hG4bK1',
      '10.0.0.7 ;rport=40000; branch=z9hG4bK1;received=203.0.113.5',
    ],
    // Names that only begin alike are left alone.
    [
      '10.0.0.7;rport-x=1;rport;branch=z9hG4bK1',
      '10.0.0.7;rport-x=1;rport=40000;branch=z9hG4bK1;received=203.0.113.5',
    ],
  ];
  for (const [sent, back] of cases) {
    assert.equal(viaBack(`SIP/2.0/UDP ${sent}`), `SIP/2.0/UDP ${back}`);
  }
});

test('IPv6: received without brackets (RFC 5118 4.5)', () => {
  assert.equal(
    viaBack('SIP/2.0/UDP [2001:db8::5]:5060;branch=z9hG4bK1', SOURCE6),
    'SIP/2.0/UDP [2001:db8::5]:5060;branch=z9hG4bK1',
  );
  assert.equal(
    viaBack('SIP/2.0/UDP [2001:db8::9]:5060;rport;branch=z9hG4bK1', SOURCE6),
    'SIP/2.0/UDP [2001:db8::9]:5060;rport=40000;branch=z9hG4bK1;received=2001:db8::5',
  );
});

test('further Vias stay as they are, in one line or in several', () => {
  const text = requestOf({
    via: 'SIP/2.0/UDP 10.0.0.7;rport;branch=z9hG4bK1, SIP/2.0/TCP a.example.com;rport;branch=2',
    more: 'v: SIP/2.0/TLS b.example.com;received=192.0.2.9;branch=3\r\n',
  });
  assert.equal(
    headOf(text).vias,
    'Via: SIP/2.0/UDP 10.0.0.7;rport=40000;branch=z9hG4bK1;received=203.0.113.5, ' +
      'SIP/2.0/TCP a.example.com;rport;branch=2\r\n' +
      'Via: SIP/2.0/TLS b.example.com;received=192.0.2.9;branch=3\r\n',
  );
});

test('a folded Via and compact names', () => {
  const text =
    'OPTIONS sip:192.0.2.1 SIP/2.0\r\n' +
    'v: SIP/2.0/UDP 10.0.0.7\r\n ;\r\n\trport\r\n ;branch=z9hG4bK1\r\n' +
    'f: "A\r\n B" <sip:a@b>;tag=1\r\nt: <sip:c@d>\r\ni: x\r\nCSeq: 3\r\n OPTIONS\r\nl: 0\r\n\r\n';
  const head = headOf(text);
  const response = head.text(200, '', 'us');
  assert.doesNotMatch(head.vias.slice(0, -2), /[\r\n]/);
  assert.match(head.vias, /;rport=40000;branch=z9hG4bK1;received=203\.0\.113\.5\r\n$/);
  assert.deepEqual(headerValues(`${response}\r\n`, 'From'), ['"A B" <sip:a@b>;tag=1']);
  assert.deepEqual(headerValues(`${response}\r\n`, 'CSeq'), ['3 OPTIONS']);
});

test('a malformed Via goes back as it came', () => {
  const text = requestOf({ via: 'SIP/2.0/UDP 192.0.2.15;;,;,,', more: 'v: SIP/2.0/UDP b\r\n' });
  assert.equal(headOf(text).vias, 'Via: SIP/2.0/UDP 192.0.2.15;;,;,,\r\nVia: SIP/2.0/UDP b\r\n');
});

test('the tag is added to To once, and not to a 100', () => {
  const head = headOf(requestOf());
  const to = (text: string): string => headerValues(`${text}\r\n`, 'To')[0]!;
  assert.equal(to(head.text(100, '', '')), '<sip:4477@192.0.2.1>');
  assert.equal(to(head.text(486, '', 'us')), '<sip:4477@192.0.2.1>;tag=us');
  const within = headOf(requestOf({ to: '<sip:4477@192.0.2.1>;tag=known' }));
  assert.equal(to(within.text(200, '', 'us')), '<sip:4477@192.0.2.1>;tag=known');
});

test('Record-Route is copied into 101 to 299 only (RFC 3261 12.1.1)', () => {
  const more = 'Record-Route: <sip:p2;lr>, <sip:p1;lr>\r\nRecord-Route: <sip:p0;lr>\r\n';
  const head = headOf(requestOf({ more }));
  const routes = (status: number): string[] =>
    headerValues(`${head.text(status, '', 'us')}\r\n`, 'Record-Route');
  assert.deepEqual(routes(100), []);
  assert.deepEqual(routes(180), ['<sip:p2;lr>, <sip:p1;lr>', '<sip:p0;lr>']);
  assert.deepEqual(routes(200), ['<sip:p2;lr>, <sip:p1;lr>', '<sip:p0;lr>']);
  assert.deepEqual(routes(404), []);
});

test('the reason phrase is the usual one unless given', () => {
  const head = headOf(requestOf());
  assert.match(head.text(486, '', 'us'), /^SIP\/2\.0 486 Busy Here\r\n/);
  assert.match(head.text(486, 'Engaged', 'us'), /^SIP\/2\.0 486 Engaged\r\n/);
});

test('a long run of white space in a fold costs no more than its length', () => {
  const from = `"${' '.repeat(7900)}x\r\n y" <sip:a@b>;tag=1`;
  const text = requestOf({ from });
  const startedMs = performance.now();
  for (let i = 0; i < 50; i++) headOf(text);
  assert.ok(performance.now() - startedMs < 1000);
});

test('From, To, Call-ID and CSeq come back in any order and spelling, To with the tag', () => {
  const lines = ['From: <sip:a@x>;tag=1', 'To: <sip:b@y>', 'Call-ID: c1', 'CSeq: 7 INVITE'];
  const spellings: [string, string[], string[]][] = [
    ['as usual', lines, lines],
    ['reversed', lines.toReversed(), lines.toReversed()],
    ['others between', lines.flatMap((line) => [line, 'Max-Forwards: 70']), lines],
    ['white space behind', lines.map((line) => `${line} \t`), lines],
    ['compact names', ['f: <sip:a@x>;tag=1', 't: <sip:b@y>', 'i: c1', 'CSeq: 7 INVITE'], lines],
    [
      'folded',
      ['From: <sip:a@x>\r\n ;tag=1', 'To:\r\n <sip:b@y>', lines[2]!, lines[3]!],
      ['From: <sip:a@x> ;tag=1', 'To: <sip:b@y>', lines[2]!, lines[3]!],
    ],
  ];
  for (const [name, sent, back] of spellings) {
    const via = 'Via: SIP/2.0/UDP 203.0.113.5:40000;branch=z9hG4bK1';
    const request = ['INVITE sip:b@y SIP/2.0', via, ...sent, '', ''].join('\r\n');
    const tagged = back.map((line) => (line.startsWith('To:') ? `${line};tag=ours` : line));
    const head = headOf(request);
    assert.equal(
      head.text(180, '', 'ours'),
      ['SIP/2.0 180 Ringing', via, ...tagged, ''].join('\r\n'),
      name,
    );
    assert.equal(
      head.text(100, 'Wait', ''),
      ['SIP/2.0 100 Wait', via, ...back, ''].join('\r\n'),
      name,
    );
  }
});

test('lines that end in LF alone come back with CRLF', () => {
  const request = requestOf({}).replaceAll('\r\n', '\n');
  assert.doesNotMatch(headOf(request).text(200, '', 'x').replaceAll('\r\n', ''), /[\r\n]/);
});
