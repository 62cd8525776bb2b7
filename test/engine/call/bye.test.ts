// The BYE that the switch sends: resent until answered, given up after 64*T1, and with its dialog.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Flow } from './flow.ts';

test('a lost BYE is resent, the same each time, until it is answered', () => {
  const flow = new Flow();
  const { caller } = flow.talk();
  caller.request('BYE');
  const first = flow.vendor.take('BYE');
  flow.run(1600);
  assert.equal(flow.vendor.take('BYE').text, first.text);
  const third = flow.vendor.take('BYE');
  flow.vendor.answer(third, 200);
  flow.run(10_000);
  flow.vendor.expectNo('BYE');
  flow.expectNothingLeft();
});

test('a peer that never answers the BYE is given up', () => {
  const flow = new Flow();
  flow.talk().caller.request('BYE');
  flow.run(33_000);
  assert.equal(flow.vendor.inbox.filter(({ method }) => method === 'BYE').length, 11);
  assert.equal(flow.edge.cores[0]?.gauges().dialogs, 0);
  flow.expectNothingLeft();
});

test('an unreachable peer is given up at once', () => {
  const flow = new Flow();
  const { caller } = flow.talk();
  flow.network.detach(flow.vendor.endpoint);
  caller.request('BYE');
  flow.run(100);
  assert.equal(flow.edge.cores[0]?.gauges().dialogs, 0);
});

test('a challenge without credentials is a final answer', () => {
  const flow = new Flow();
  flow.talk().caller.request('BYE');
  flow.vendor.answer(flow.vendor.take('BYE'), 401);
  flow.run(5000);
  flow.vendor.expectNo('BYE');
  flow.expectNothingLeft();
});
