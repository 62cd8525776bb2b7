// What one side may see of the other: listed headers pass, reduced where needed, everything else
// stays.
import assert from 'node:assert/strict';
import { test } from 'node:test';
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
  assert.deepEqual(offered.all('supported'), ['timer', '100rel']);
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
    assert.doesNotMatch(response.head, /secret|203\.0\.113|tdm/i);
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
