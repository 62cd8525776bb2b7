// How a vendor is shown the caller: each setting on and off, by parameter and by gateway, with and
// without a caller who asks for privacy. Nothing of the caller's side shows in any of them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ParameterValues } from '../../../engine/base/parameter-values.ts';
import { CALLER_FIELDS } from '../../../engine/base/gateway-words.ts';
import type { MappingGateway, RoutingGateway } from '../../../engine/routing/snapshot.ts';
import type { TextMessage } from '../../sim/text-message.ts';
import { CUSTOMER, Flow } from './flow.ts';

const NUMBER = '12025550100';
const IDENTITIES =
  `P-Asserted-Identity: "Alice A" <sip:12025550101@${CUSTOMER.ip}>, <tel:+12025550102>\r\n` +
  `P-Preferred-Identity: <sip:12025550103;phone-context=x@${CUSTOMER.ip}>\r\n` +
  `Remote-Party-ID: <sip:12025550104@${CUSTOMER.ip}>;party=calling\r\n`;

interface Setting {
  readonly vendor?: Partial<RoutingGateway>;
  readonly parameters?: Partial<ParameterValues>;
  readonly customer?: Partial<MappingGateway>;
  /** Privacy that the caller asks for. */
  readonly asks?: string;
  readonly from?: string;
}

function inviteOf(setting: Setting): { flow: Flow; invite: TextMessage } {
  const { vendor = {}, parameters = {}, customer = {}, asks = '' } = setting;
  const flow = new Flow({ vendors: [vendor], parameters, customer });
  const privacy = asks === '' ? '' : `Privacy: ${asks}\r\n`;
  const { from = `"Alice" <sip:${NUMBER}@${CUSTOMER.ip}>` } = setting;
  flow.caller.invite({ from, extra: IDENTITIES + privacy });
  return { flow, invite: flow.vendor.take('INVITE') };
}

/** The header, the tag of From left out. */
function header(name: string, setting: Setting): string {
  return inviteOf(setting)
    .invite.header(name)
    .replace(/;tag=.*/, '');
}

const PLAIN = `<sip:${NUMBER}@192.0.2.1>`;
const ANONYMOUS = '"Anonymous" <sip:anonymous@anonymous.invalid>';

test('SIP-17: SS_SIP_USER_AGENT_PRIVACY for gateways that we register with', () => {
  const privacy = (value: 'Ignore' | 'Id' | 'None', vendor: Partial<RoutingGateway>): string =>
    header('privacy', { parameters: { SS_SIP_USER_AGENT_PRIVACY: value }, vendor });
  const registered = { registerType: 'register-out' } as const;
  assert.equal(privacy('Ignore', registered), '');
  assert.equal(privacy('Id', registered), 'id');
  assert.equal(privacy('None', registered), 'none');
  assert.equal(header('privacy', { vendor: registered }), '', 'Ignore by default');
  assert.equal(privacy('Id', {}), '', 'no matter for others');
  assert.equal(privacy('Id', { ...registered, privacy: 'ignore' }), '', 'the gateway decides');
  assert.equal(privacy('Ignore', { ...registered, privacy: 'id' }), 'id');
});

test('SIP-17: per routing gateway no header, passthrough, id, none', () => {
  const cases: [RoutingGateway['privacy'], string, string][] = [
    ['inherit', '', 'id;critical'],
    ['ignore', '', ''],
    ['passthrough', '', 'id;critical'],
    ['id', 'id', 'id'],
    ['none', 'none', 'none'],
  ];
  for (const [privacy, silent, asked] of cases) {
    assert.equal(header('privacy', { vendor: { privacy } }), silent, privacy);
    assert.equal(header('privacy', { vendor: { privacy }, asks: 'id;critical' }), asked, privacy);
  }
});

test('a caller who asks for privacy is anonymous to a vendor that is not trusted', () => {
  const full: Partial<RoutingGateway> = {
    display: 'caller',
    remotePartyId: true,
    pPreferredIdentity: 'caller',
    peerNumberInformation: 'display',
  };
  for (const vendor of [{}, full, { pAssertedIdentity: 'caller', privacy: 'ignore' } as const]) {
    for (const asks of ['id', 'user', 'header;ID', 'user;critical']) {
      const { flow, invite } = inviteOf({ vendor, asks });
      assert.equal(invite.header('from').replace(/;tag=.*/, ''), ANONYMOUS);
      assert.equal(invite.contact, 'sip:anonymous@192.0.2.1:5060');
      assert.doesNotMatch(invite.head, /1202555|Alice|P-Asserted|P-Preferred|Remote-Party/);
      flow.vendor.answer(invite, 486);
      assert.deepEqual([flow.cdr.callerIn, flow.cdr.callerOut], [NUMBER, 'anonymous']);
    }
  }
  for (const asks of ['', 'none', 'session', 'identity']) {
    assert.equal(header('from', { asks }), PLAIN, `"${asks}" asks for nothing of the kind`);
  }
});

test('a vendor that is trusted with the identity is told it, and that it is private', () => {
  const vendor = { pAssertedIdentity: 'caller', remotePartyId: true } as const;
  const { invite } = inviteOf({ vendor, asks: 'id' });
  assert.equal(invite.header('p-asserted-identity'), PLAIN);
  assert.equal(invite.header('privacy'), 'id');
  assert.match(invite.header('from'), /^<sip:12025550100@/);
  assert.match(invite.header('remote-party-id'), /;privacy=full$/);
});

test('honourPrivacy off: the caller is shown, its Privacy is not passed on', () => {
  const setting = { asks: 'id', customer: { honourPrivacy: false } };
  assert.equal(header('from', setting), PLAIN);
  assert.equal(header('privacy', setting), '');
  assert.equal(header('from', { ...setting, customer: { honourPrivacy: true } }), ANONYMOUS);
});

test('SIP-20: SS_SIP_E164_DISPLAY_FROM and display of the gateway', () => {
  const from = (
    value: 'Ignore' | 'Caller' | 'Passthrough',
    display: RoutingGateway['display'],
  ): string =>
    header('from', { parameters: { SS_SIP_E164_DISPLAY_FROM: value }, vendor: { display } });
  assert.equal(header('from', {}), PLAIN, 'none by default');
  assert.equal(from('Ignore', 'inherit'), PLAIN);
  assert.equal(from('Caller', 'inherit'), `"${NUMBER}" ${PLAIN}`);
  assert.equal(from('Passthrough', 'inherit'), `"Alice" ${PLAIN}`);
  assert.equal(from('Caller', 'ignore'), PLAIN);
  assert.equal(from('Ignore', 'caller'), `"${NUMBER}" ${PLAIN}`);
  assert.equal(from('Ignore', 'passthrough'), `"Alice" ${PLAIN}`);
});

test('a display name is passed on so that it cannot break the header', () => {
  const vendor = { display: 'passthrough' } as const;
  const names: [string, string][] = [
    ['"Q \\" R" ', '"Q \\" R" '],
    ['Back\\ ', '"Back\\\\" '],
    ['Two Words ', '"Two Words" '],
    ['', ''],
  ];
  for (const [given, shown] of names) {
    const from = `${given}<sip:${NUMBER}@${CUSTOMER.ip}>`;
    assert.equal(header('from', { vendor, from }), shown + PLAIN, given);
  }
  const odd = `<sip:12%22%0D%0AX%20y@${CUSTOMER.ip}>`;
  const { invite } = inviteOf({ vendor: { display: 'caller' }, from: odd });
  assert.match(invite.header('from'), /^"12%22%0D%0AX%20y" <sip:12%22%0D%0AX%20y@/);
});

test('SIP-20: Remote-Party-ID of the gateway', () => {
  assert.equal(header('remote-party-id', {}), '');
  assert.equal(
    header('remote-party-id', { vendor: { remotePartyId: true } }),
    `${PLAIN};party=calling;screen=yes;privacy=off`,
  );
});

test('P-Asserted-Identity and P-Preferred-Identity: none, passed through, the caller', () => {
  const asserted = (pAssertedIdentity: RoutingGateway['pAssertedIdentity']): string[] =>
    inviteOf({ vendor: { pAssertedIdentity } }).invite.all('p-asserted-identity');
  assert.deepEqual(asserted('none'), []);
  assert.deepEqual(asserted('caller'), [PLAIN]);
  assert.deepEqual(asserted('passthrough'), [
    '"Alice A" <sip:12025550101@192.0.2.1>',
    '<sip:+12025550102@192.0.2.1>',
  ]);
  const preferred = (pPreferredIdentity: RoutingGateway['pPreferredIdentity']): string[] =>
    inviteOf({ vendor: { pPreferredIdentity } }).invite.all('p-preferred-identity');
  assert.deepEqual(preferred('none'), []);
  assert.deepEqual(preferred('caller'), [PLAIN]);
  assert.deepEqual(preferred('passthrough'), ['<sip:12025550103@192.0.2.1>']);
});

test('the caller in them is the number by the rules of the gateway', () => {
  const rewriteCaller = [{ source: '1', target: '+1' }];
  const vendor = { rewriteCaller, pAssertedIdentity: 'caller', display: 'caller' } as const;
  const { invite } = inviteOf({ vendor });
  assert.equal(invite.header('p-asserted-identity'), '<sip:+12025550100@192.0.2.1>');
  assert.match(invite.header('from'), /^"\+12025550100" <sip:\+12025550100@/);
});

test('ADR-09: peerNumberInformation names the field in which a vendor finds the caller', () => {
  const found: Record<string, string> = {};
  for (const peerNumberInformation of CALLER_FIELDS) {
    const { invite } = inviteOf({ vendor: { peerNumberInformation } });
    found[peerNumberInformation] = ['from', 'remote-party-id', 'p-asserted-identity']
      .concat('p-preferred-identity')
      .map((name) => invite.header(name).replace(/;.*/, ''))
      .join('|');
  }
  assert.deepEqual(found, {
    from: `${PLAIN}|||`,
    'remote-party-id': `${PLAIN}|${PLAIN}||`,
    display: `"${NUMBER}" ${PLAIN}|||`,
    'p-asserted-identity': `${PLAIN}||${PLAIN}|`,
    'p-preferred-identity': `${PLAIN}|||${PLAIN}`,
  });
});

test('the next vendor is shown the caller by its own settings', () => {
  const flow = new Flow({ vendors: [{ pAssertedIdentity: 'caller' }, {}] });
  flow.caller.invite({ extra: `${IDENTITIES}Privacy: id\r\n` });
  flow.vendor.answer(flow.vendor.take('INVITE'), 503);
  const second = flow.vendors[1]!.take('INVITE');
  assert.match(second.header('from'), /^"Anonymous" /);
  assert.equal(second.header('p-asserted-identity'), '');
});

test('a change holds for the next call', () => {
  const { flow } = inviteOf({});
  const next = (): TextMessage => {
    flow.caller.invite({ extra: IDENTITIES });
    return flow.vendor.take('INVITE');
  };
  assert.equal(next().header('p-asserted-identity'), '');
  flow.mount({ vendors: [{ pAssertedIdentity: 'passthrough' }] });
  assert.equal(next().all('p-asserted-identity').length, 2);
  flow.mount({ vendors: [{}], parameters: { SS_SIP_E164_DISPLAY_FROM: 'Caller' } });
  assert.match(next().header('from'), /^"12025550100" </);
});

const vendorSettings = fc.record({
  display: fc.constantFrom('inherit', 'ignore', 'caller', 'passthrough'),
  remotePartyId: fc.boolean(),
  privacy: fc.constantFrom('inherit', 'ignore', 'passthrough', 'id', 'none'),
  pAssertedIdentity: fc.constantFrom('none', 'passthrough', 'caller'),
  pPreferredIdentity: fc.constantFrom('none', 'passthrough', 'caller'),
  peerNumberInformation: fc.constantFrom(...CALLER_FIELDS),
  registerType: fc.constantFrom('static', 'register-out'),
}) as fc.Arbitrary<Partial<RoutingGateway>>;
const customerSettings = fc.record({
  honourPrivacy: fc.boolean(),
  callerField: fc.constantFrom(...CALLER_FIELDS),
}) as fc.Arbitrary<Partial<MappingGateway>>;

test('in every combination: no address of the caller, and private means private', () => {
  fc.assert(
    fc.property(
      vendorSettings,
      customerSettings,
      fc.constantFrom('', 'id', 'user', 'none'),
      (vendor, customer, asks) => {
        const { invite } = inviteOf({ vendor, customer, asks });
        assert.doesNotMatch(invite.head, /198\.51\.100/);
        assert.equal(invite.all('from').length, 1);
        const asked = customer.honourPrivacy === true && (asks === 'id' || asks === 'user');
        if (!asked || !/1202555|Alice/.test(invite.head)) return;
        assert.match(invite.header('privacy'), /id|user/, 'shown only with the request');
        assert.notEqual(invite.header('p-asserted-identity') + vendor.pAssertedIdentity!, 'none');
      },
    ),
    { numRuns: 300 },
  );
});
