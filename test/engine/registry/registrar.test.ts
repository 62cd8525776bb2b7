// The registrar on the wire: bindings, expiry by NAT, the rules of RFC 3261 10.3, replacement, and
// that every shard finds what one of them has registered.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toSocketEndpoint } from '../../../engine/net/endpoint-table.ts';
import { LostConnections } from '../../../engine/registry/lost-connections.ts';
import { Flow } from '../call/flow.ts';
import { PHONE_NUMBER, PhonePeer } from './phone-peer.ts';

const PLAIN = { sentBy: '203.0.113.77:40000', contact: '<sip:p@203.0.113.77:40000>' };

function flow(parameters = {}, shards = 1): Flow {
  return new Flow({ phones: [{}], parameters, shards });
}

/** Seconds granted to each Contact of a 200. */
function granted(answer: { all(name: string): string[] }): number[] {
  return answer.all('contact').map((value) => Number(/;expires=(\d+)/.exec(value)?.[1]));
}

test('REG-01, REG-02: a device behind NAT gets at most SS_ENDPOINT_NAT_EXPIRE', () => {
  const f = flow();
  const phone = new PhonePeer(f);
  const answer = phone.register({ expires: '3600' });
  assert.equal(answer.status, 200);
  assert.deepEqual(granted(answer), [300]);
  assert.match(answer.header('via'), /;rport=40000.*;received=203\.0\.113\.77/);
  assert.match(answer.header('date'), / GMT$/);
  f.time.run(299_000);
  assert.deepEqual(granted(phone.register({ contact: '' })), [1], 'still there');
  f.time.run(1000);
  assert.deepEqual(granted(phone.register({ contact: '' })), [], 'offline at 300 s');
});

test('the expiry of devices behind NAT changes at once with the parameter', () => {
  const f = flow({ SS_ENDPOINT_NAT_EXPIRE: 60 });
  const phone = new PhonePeer(f);
  assert.deepEqual(granted(phone.register({ expires: '3600' })), [60]);
  const { snapshot } = f;
  f.edge.operate((core) => {
    const parameters = { ...snapshot.parameters, SS_ENDPOINT_NAT_EXPIRE: 120 };
    core.mount({ ...snapshot, version: 2, parameters });
  });
  assert.deepEqual(granted(phone.register({ expires: '3600' })), [120]);
});

test('REG-01: a plain terminal gets at most SS_ENDPOINT_EXPIRE', () => {
  const phone = new PhonePeer(flow());
  assert.deepEqual(granted(phone.register({ ...PLAIN, expires: '7200' })), [3600]);
  const other = new PhonePeer(flow({ SS_ENDPOINT_EXPIRE: 600 }));
  assert.deepEqual(granted(other.register({ ...PLAIN, expires: '7200' })), [600]);
  assert.deepEqual(granted(other.register(PLAIN)), [600], 'none asked for');
});

test('Via, Contact, or both tell of a NAT', () => {
  for (const part of [{ sentBy: PLAIN.sentBy }, { contact: PLAIN.contact }, {}]) {
    assert.deepEqual(granted(new PhonePeer(flow()).register({ ...part, expires: '900' })), [300]);
  }
});

test('an expiry of the Contact goes before the header; too brief is 423', () => {
  const phone = new PhonePeer(flow());
  const contact = `${phone.contact};expires=90;q=0.5`;
  const answer = phone.register({ contact, expires: '200' });
  assert.match(answer.header('contact'), /;expires=90;q=0.5$/);
  const brief = phone.register({ expires: '30' });
  assert.equal(brief.status, 423);
  assert.equal(brief.header('min-expires'), '60');
});

test('several contacts are listed, one is removed, * removes all', () => {
  const phone = new PhonePeer(flow());
  const [a, b] = ['<sip:a@192.168.1.20:5060>', '<sip:b@192.168.1.20:5062>'];
  assert.equal(phone.register({ contact: `${a}, ${b};q=0.3` }).all('contact').length, 2);
  assert.equal(phone.register({ contact: `${a};expires=0` }).all('contact').length, 1);
  phone.register({ contact: a });
  assert.equal(phone.register({ contact: '*', expires: '10' }).status, 400);
  const left = phone.register({ contact: '*', expires: '0' });
  assert.equal(left.status, 200);
  assert.deepEqual(left.all('contact'), []);
});

test('an older request of the same Call-ID is refused, the same one is answered again', () => {
  const phone = new PhonePeer(flow());
  const made = phone.register();
  assert.equal(phone.ask({ cseq: phone.cseq }).status, 200, 'its 200 was lost');
  assert.equal(made.status, 200);
  const late = phone.register({ cseq: 1, contact: '' });
  assert.equal(late.status, 200, 'a query is never too late');
  phone.register({ cseq: 1, callId: 'another' });
  const old = phone.register({ cseq: 0, callId: 'another' });
  assert.equal(old.status, 500);
});

test('REG-05: a registration from a new place replaces, or is refused', () => {
  for (const replace of [true, false]) {
    const f = flow({ SS_ENDPOINT_REGISTER_REPLACE: replace });
    new PhonePeer(f).register({ contact: '<sip:old@192.168.1.20>' });
    const second = new PhonePeer(f, 41_000, '203.0.113.99');
    const answer = second.register({ contact: '<sip:new@192.168.7.7>' });
    assert.equal(answer.status, replace ? 200 : 403);
    if (replace) assert.match(answer.all('contact').join(), /^<sip:new@192\.168\.7\.7>/);
    assert.equal(f.edge.counter('registrationsMoved'), replace ? 1 : 0);
  }
});

test('the same device with a new address is no new place', () => {
  const f = flow({ SS_ENDPOINT_REGISTER_REPLACE: false });
  const phone = new PhonePeer(f);
  phone.register();
  const moved = new PhonePeer(f, 42_000, '203.0.113.99');
  moved.cseq = phone.cseq;
  assert.equal(moved.register({ callId: phone.callId }).status, 200);
});

test('a full table is 503, and what frees a place lets the next one in', () => {
  const users = Array.from({ length: 257 }, (_, i) => `880${1000 + i}`);
  const f = new Flow({ phones: users.map((e164) => ({ e164 })) });
  const phone = new PhonePeer(f);
  const statuses = users.map((user) => phone.register({ user }).status);
  assert.equal(statuses.filter((status) => status === 200).length, 256);
  assert.equal(statuses.at(-1), 503);
  phone.register({ user: users[0]!, contact: '*', expires: '0' });
  assert.equal(phone.register({ user: users.at(-1)! }).status, 200);
});

test('Path comes back and is kept; a proxy in front is no NAT', () => {
  const phone = new PhonePeer(flow());
  const extra = 'Path: <sip:203.0.113.77:40000;lr>\r\n';
  const answer = phone.register({ sentBy: PLAIN.sentBy, extra, expires: '3600' });
  assert.equal(answer.header('path'), '<sip:203.0.113.77:40000;lr>');
  assert.deepEqual(granted(answer), [3600]);
});

test('REG-07: the operator ends a registration; a To without a user is 404', () => {
  const f = flow();
  const phone = new PhonePeer(f);
  phone.register();
  f.edge.operate((core) => {
    core.access.endRegistrations(PHONE_NUMBER);
  });
  assert.deepEqual(phone.register({ contact: '' }).all('contact'), []);
});

test('two shards: REGISTER goes to the shard of its user, whatever its Call-ID', () => {
  const users = Array.from({ length: 20 }, (_, i) => `880${2000 + i}`);
  const f = new Flow({ phones: users.map((e164) => ({ e164 })), shards: 2 });
  const phone = new PhonePeer(f);
  for (const user of users) {
    for (const callId of ['one', 'two', 'three']) {
      assert.equal(phone.register({ user, callId: `${user}-${callId}` }).status, 200);
    }
  }
  assert.equal(f.edge.counter('wrongShard'), 0);
  assert.equal(f.edge.counter('authStale'), 0);
});

test('over TCP: contacts whose connection has ended make room for new ones', () => {
  const f = flow();
  const phones = Array.from({ length: 8 }, (_, i) => {
    const phone = new PhonePeer(f, 40_000 + i, '203.0.113.77', 'tcp');
    phone.register({ contact: `<sip:p@192.168.1.20:${40_000 + i};transport=tcp>` });
    return phone;
  });
  const next = new PhonePeer(f, 50_000, '203.0.113.77', 'tcp');
  const contact = '<sip:p@192.168.1.20:50000;transport=tcp>';
  assert.equal(next.register({ contact }).status, 403, 'no room while all are there');
  const lost = phones.slice(0, 3).map(({ endpoint }) => ({
    local: 1,
    peer: toSocketEndpoint(endpoint)!,
  }));
  assert.equal(new LostConnections(f.edge.locationMemory, 1).mark(lost), 3);
  const answer = next.register({ contact });
  assert.equal(answer.status, 200);
  assert.equal(answer.all('contact').length, 6);
});

test('a killed shard goes on with the table; its nonces are stale then', () => {
  const f = flow();
  const phone = new PhonePeer(f);
  phone.register();
  f.edge.crash(0, 0);
  f.edge.restart(0);
  assert.equal(phone.register({ contact: '' }).all('contact').length, 1);
});

test('without phones and gateways that register nobody is asked for credentials', () => {
  const f = new Flow();
  assert.equal(new PhonePeer(f).ask().status, 403);
});
