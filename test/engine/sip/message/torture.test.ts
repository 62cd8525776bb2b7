// Replays RFC 4475 and RFC 5118 through the parser: result, error, and what makes each special.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findCallId, foundCallId } from '../../../../engine/sip/message/find-call-id.ts';
import { HeaderId } from '../../../../engine/sip/message/header-names.ts';
import { SipMessage } from '../../../../engine/sip/message/message.ts';
import { Method } from '../../../../engine/sip/message/methods.ts';
import { ParseResult } from '../../../../engine/sip/message/parse-result.ts';
import { findUriParameter, unescapeUri, Uri } from '../../../../engine/sip/message/uri.ts';
import { UriParameter, UriScheme } from '../../../../engine/sip/message/uri.ts';
import { ViaTransport } from '../../../../engine/sip/message/via.ts';
import { word } from '../../../../engine/sip/message/bytes.ts';
import { rfc4475Invalid } from './torture/rfc4475-invalid.ts';
import { rfc4475Semantics } from './torture/rfc4475-semantics.ts';
import { rfc4475Valid } from './torture/rfc4475-valid.ts';
import { rfc5118 } from './torture/rfc5118.ts';
import type { TortureMessage } from './torture/torture-message.ts';

const all = [...rfc4475Valid, ...rfc4475Invalid, ...rfc4475Semantics, ...rfc5118];
const message = new SipMessage();

function load(name: string): SipMessage {
  const torture = all.find((candidate) => candidate.name === name);
  assert.ok(torture, name);
  message.parse(torture.bytes, 0, torture.bytes.length);
  return message;
}

/** Parsed in the middle of a buffer full of other bytes, as datagrams lie in receive buffers. */
function inSlot(torture: TortureMessage): [Buffer, number, number] {
  const slot = Buffer.alloc(torture.bytes.length + 64, 'x');
  torture.bytes.copy(slot, 32);
  return [slot, 32, 32 + torture.bytes.length];
}

test('the sets are complete', () => {
  assert.equal(rfc4475Valid.length, 13);
  assert.equal(rfc4475Invalid.length, 19);
  assert.equal(rfc4475Semantics.length, 17);
  assert.equal(rfc5118.length, 11);
  assert.equal(new Set(all.map(({ name }) => name)).size, all.length);
});

for (const torture of all) {
  test(`${torture.section} ${torture.name}`, () => {
    const [buf, start, end] = inSlot(torture);
    const result = message.parse(buf, start, end);
    assert.equal(message.error, torture.error);
    assert.equal(result, torture.result);
    const { answers, silence } = torture.outcome;
    // An answer demanded must be an answer that can be made.
    if (silence === 'never') assert.equal(message.answerable, true);
    if (answers === 'any') assert.equal(result, ParseResult.Ok);
    if (message.callIdStart >= 0) {
      assert.equal(findCallId(buf, start, end), true);
      assert.equal(foundCallId.start, message.callIdStart);
      assert.equal(foundCallId.end, message.callIdEnd);
    }
    if (result === ParseResult.Ok && message.contentLength >= 0) {
      assert.equal(message.bodyEnd - message.bodyStart, message.contentLength);
    }
  });
}

test('wsinv: folds, compact forms, white space around separators', () => {
  const m = load('wsinv');
  assert.equal(m.method, Method.Invite);
  assert.equal(m.slice(m.to.tagStart, m.to.tagEnd), '1918181833n');
  assert.equal(m.slice(m.from.tagStart, m.from.tagEnd), '98asjd8');
  assert.equal(m.slice(m.from.displayStart, m.from.displayEnd), 'J Rosenberg \\\\\\"');
  assert.equal(m.maxForwards, 68);
  assert.equal(m.cseq, 9);
  assert.equal(m.topVia.transport, ViaTransport.Udp);
  assert.equal(m.slice(m.topVia.hostStart, m.topVia.hostEnd), '192.0.2.2');
  assert.equal(m.slice(m.topVia.branchStart, m.topVia.branchEnd), '390skdjuw');
  assert.equal(m.text(m.first(HeaderId.Other)), 'newfangled value continued newfangled value');
  assert.equal(m.text(m.next(m.first(HeaderId.Other))), ';;,,;;,;');
  assert.equal(m.text(m.first(HeaderId.Subject)), '');
  assert.equal(m.slice(m.contact()!.uriStart, m.contact()!.uriEnd), 'sip:jdrosen@example.com');
  assert.equal(m.bodyEnd, m.end);
});

test('intmeth: unknown method, quoted NUL, every token character', () => {
  const m = load('intmeth');
  assert.equal(m.method, Method.Unknown);
  assert.equal(m.methodText(), "!interesting-Method0123456789_*+`.%indeed'~");
  assert.equal(m.slice(m.from.tagStart, m.from.tagEnd), "_token~1'+`*%!-.");
  assert.equal(m.slice(m.to.displayStart, m.to.displayEnd), 'BEL:\\\x07 NUL:\\\x00 DEL:\\\x7f');
  const { userStart, userEnd, passwordStart, passwordEnd } = m.requestUri;
  assert.equal(m.slice(userStart, userEnd), "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*");
  assert.equal(m.slice(passwordStart, passwordEnd), "&it+has=1,weird!*pas$wo~d_too.(doesn't-it)");
});

test('esc01, esc02: an escape counts in a URI and nowhere else', () => {
  const m = load('esc01');
  const { userStart, userEnd } = m.requestUri;
  assert.equal(unescapeUri(m.buf, userStart, userEnd), 'sips:user@example.com');
  const uri = new Uri();
  const contact = m.contact()!;
  assert.equal(uri.parse(m.buf, contact.uriStart, contact.uriEnd), true);
  const found = new UriParameter();
  assert.equal(findUriParameter(m.buf, uri, word('lr'), found), true);
  assert.equal(found.valueStart, -1);
  assert.equal(findUriParameter(m.buf, uri, word('name'), found), true);
  assert.equal(unescapeUri(m.buf, found.valueStart, found.valueEnd), 'value%41');
  assert.equal(findUriParameter(m.buf, uri, word('nam'), found), false);
  assert.equal(load('esc02').methodText(), 'RE%47IST%45R');
  assert.equal(message.method, Method.Unknown);
});

test('dblreq: what stands behind the Content-Length is no body', () => {
  const m = load('dblreq');
  assert.equal(m.method, Method.Register);
  assert.equal(m.bodyStart, m.bodyEnd);
  assert.ok(m.bodyEnd < m.end);
});

test('semiuri, unkscm, port-ambiguous: parts of the Request-URI', () => {
  let m = load('semiuri');
  assert.equal(m.slice(m.requestUri.userStart, m.requestUri.userEnd), 'user;par=u%40example.net');
  m = load('unkscm');
  assert.equal(m.requestUri.scheme, UriScheme.Other);
  m = load('port-ambiguous');
  assert.equal(m.slice(m.requestUri.hostStart, m.requestUri.hostEnd), '2001:db8::10:5070');
  assert.equal(m.requestUri.port, -1);
  m = load('port-unambiguous');
  assert.equal(m.requestUri.port, 5070);
  assert.equal(m.requestUri.hostIsIpv6, true);
});

test('received with and without brackets is the same address', () => {
  for (const name of ['via-received-param-with-delim', 'via-received-param-no-delim']) {
    const m = load(name);
    assert.equal(m.slice(m.topVia.receivedStart, m.topVia.receivedEnd), '2001:db8::9:255');
  }
});

test('transports, longreq: every Via counts, the first is on top', () => {
  let m = load('transports');
  let count = 0;
  for (let i = m.first(HeaderId.Via); i >= 0; i = m.next(i)) count++;
  assert.equal(count, 5);
  m = load('longreq');
  count = 0;
  for (let i = m.first(HeaderId.Via); i >= 0; i = m.next(i)) count++;
  assert.equal(count, 34);
  assert.equal(m.slice(m.topVia.hostStart, m.topVia.hostEnd), 'sip33.example.com');
});

test('unreason, noreason: the reason phrase is bytes', () => {
  let m = load('unreason');
  assert.equal(m.status, 200);
  assert.equal(m.method, Method.Invite);
  const reason = Buffer.from(m.slice(m.reasonStart, m.reasonEnd), 'latin1').toString('utf8');
  assert.match(reason, /^= 2\*\*3 \* 5\*\*2 но сто/);
  m = load('noreason');
  assert.equal(m.status, 100);
  assert.equal(m.slice(m.reasonStart, m.reasonEnd), '');
});

test('cparam01, cparam02, regbadct: what the angle brackets decide', () => {
  let contact = load('cparam01').contact()!;
  assert.equal(message.slice(contact.paramsStart, contact.paramsEnd), ';unknownparam');
  contact = load('cparam02').contact()!;
  assert.equal(contact.paramsStart, contact.paramsEnd);
  assert.equal(load('regbadct').contact(), null);
  assert.ok(message.first(HeaderId.Contact) >= 0);
});
