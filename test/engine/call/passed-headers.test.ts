// What one side may see of the other: listed headers pass, reduced where needed, everything else
// stays.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { joinSupported } from '../../../engine/call/passed-headers.ts';
import { sdpText } from '../../sim/text-message.ts';
import { CUSTOMER, Flow } from './flow.ts';

const SECRETS =
  'User-Agent: secret-device\r\nServer: secret-device\r\nOrganization: secret-org\r\n' +
  `P-Asserted-Identity: <sip:secret@${CUSTOMER.ip}>\r\nX-Account: 42\r\nX-Other: secret\r\n` +
  `Record-Route: <sip:${CUSTOMER.ip};lr;secret>\r\nWarning: 399 secret "text"\r\n`;
const PASSING = 'Subject: hello\r\nPrivacy: id\r\n';

test('of an INVITE the vendor sees only what is listed', () => {
  const flow = new Flow();
  const lists = 'Allow: INVITE, PUBLISH, BYE\r\nSupported: replaces, 100rel\r\n';
  flow.caller.invite({ extra: SECRETS + PASSING + lists });
  const offered = flow.vendor.take('INVITE');
  assert.doesNotMatch(offered.head, /secret|x-account|198\.51\.100|PUBLISH|replaces/i);
  assert.equal(offered.header('subject'), 'hello');
  assert.equal(offered.header('privacy'), 'id');
  assert.equal(offered.header('allow'), 'INVITE, BYE');
  assert.deepEqual(offered.all('supported'), ['timer, 100rel']);
  assert.equal(offered.all('via').length, 1);
});

test('of responses the caller sees only what is listed', () => {
  const flow = new Flow();
  flow.caller.invite();
  const offered = flow.vendor.take('INVITE');
  const extra = `Server: secret\r\nX-Vendor: secret\r\nWarning: 399 secret "x"\r\n`;
  flow.vendor.answer(offered, 183, { extra, body: sdpText(2) });
  flow.vendor.answer(offered, 200, { extra, body: sdpText(2) });
  for (const kind of ['183 INVITE', '200 INVITE']) {
    const response = flow.caller.take(kind);
    assert.doesNotMatch(response.head, /secret|203\.0\.113|z9hG4bKtdm|tdm[0-9a-f]{2}-/i);
    assert.match(response.contact, /@192\.0\.2\.1:5060$/);
  }
});

test('passHeaders of the mapping gateway lets more pass, by name in any case', () => {
  const flow = new Flow({ customer: { passHeaders: ['x-account'] } });
  flow.caller.invite({ extra: SECRETS });
  const offered = flow.vendor.take('INVITE');
  assert.equal(offered.header('x-account'), '42');
  assert.doesNotMatch(offered.head, /secret/);
});

test('the reason of a vendor for its failure reaches the caller, its own words do not', () => {
  const flow = new Flow();
  const invite = flow.caller.invite();
  const extra = 'Reason: Q.850;cause=17\r\nServer: secret\r\n';
  flow.vendor.answer(flow.vendor.take('INVITE'), 486, { extra });
  const failure = flow.caller.takeFailure(invite, 486);
  assert.equal(failure.header('reason'), 'Q.850;cause=17');
  assert.doesNotMatch(failure.head, /secret/);
});

test('a failure without a reason gets the cause of its code', () => {
  const flow = new Flow();
  const invite = flow.caller.invite({ number: '331' });
  assert.equal(flow.caller.takeFailure(invite, 404).header('reason'), 'Q.850;cause=1');
});

const OFFERS = 'Supported: 100rel, timer\r\n';
const RELIABLE = 'Require: 100rel\r\nRSeq: 7\r\n';

test('reliableProvisional of the routing gateway: 100rel is not offered to it', () => {
  const offered = (reliableProvisional: boolean): string[] => {
    const flow = new Flow({ vendors: [{ reliableProvisional }] });
    flow.caller.invite({ extra: OFFERS });
    const invite = flow.vendor.take('INVITE');
    assert.equal(invite.body, sdpText(1));
    return invite.all('supported').join(', ').split(', ');
  };
  assert.ok(offered(true).includes('100rel'));
  assert.ok(!offered(false).includes('100rel'));
});

test('a caller that requires 100rel is not sent to a gateway without it', () => {
  const flow = new Flow({ vendors: [{ reliableProvisional: false }, {}] });
  flow.caller.invite({ extra: 'Require: 100rel\r\n' });
  flow.vendor.expectNo('INVITE');
  assert.equal(flow.vendors[1]!.take('INVITE').header('require'), '100rel');
  assert.deepEqual(
    flow.rows.map(({ code }) => code),
    [420],
  );
});

test('reliableProvisional of the mapping gateway: 100rel is refused, and not sent to it', () => {
  const flow = new Flow({ customer: { reliableProvisional: false } });
  const invite = flow.caller.invite({ extra: 'Require: 100rel\r\n' });
  assert.equal(flow.caller.takeFailure(invite, 420).header('unsupported'), '100rel');
  flow.caller.invite({ extra: OFFERS });
  const offered = flow.vendor.take('INVITE');
  assert.doesNotMatch(offered.head, /100rel/);
  flow.vendor.answer(offered, 183, { extra: RELIABLE, body: sdpText(2) });
  const ring = flow.caller.take('183 INVITE');
  assert.doesNotMatch(ring.head, /100rel|RSeq/);
  assert.equal(ring.body, sdpText(2));
});

test('the same holds for a re-INVITE', () => {
  for (const reliableProvisional of [true, false]) {
    const flow = new Flow({ vendors: [{ reliableProvisional }] });
    const { caller, callee } = flow.talk();
    caller.request('INVITE', OFFERS, sdpText(3));
    const offered = flow.vendor.take('INVITE');
    assert.equal(offered.head.includes('100rel'), reliableProvisional);
    flow.vendor.answer(offered, 488);
    callee.request('INVITE', 'Require: 100rel\r\n', sdpText(3));
    if (reliableProvisional) flow.caller.take('INVITE');
    else assert.equal(flow.vendor.take('420 INVITE').header('unsupported'), '100rel');
  }
});

test('allowed on both sides a reliable response passes as it is', () => {
  const flow = new Flow();
  flow.caller.invite({ extra: OFFERS });
  flow.vendor.answer(flow.vendor.take('INVITE'), 183, { extra: RELIABLE, body: sdpText(2) });
  const ring = flow.caller.take('183 INVITE');
  assert.deepEqual([ring.header('require'), ring.header('rseq')], ['100rel', '7']);
});

test('our Supported and the one that passes are one line', () => {
  const own = 'Supported: timer\r\nMin-SE: 90\r\n';
  const end = 'Content-Length: 0\r\n\r\n';
  const joined = 'Supported: timer, 100rel\r\nMin-SE: 90\r\n';
  assert.equal(joinSupported(own, `Supported: 100rel\r\n${end}`), joined + end);
  const allow = 'Allow: INVITE\r\n';
  const passed = `${allow}Supported: 100rel\r\n${end}`;
  assert.equal(joinSupported(own, passed), joined + allow + end);
  assert.equal(joinSupported('', passed), passed);
  assert.equal(joinSupported(own, allow + end), own + allow + end);
  const body = `${end}\r\nSupported: 100rel\r\n`;
  assert.equal(joinSupported(own, body), own + body);
});
