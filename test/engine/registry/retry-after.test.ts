// Retry-After: a gateway that asks for a pause gets no calls while it runs, the others take them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAX_PAUSE_SECONDS } from '../../../engine/registry/retry-after.ts';
import { Flow } from '../call/flow.ts';

/** Two vendors, of which the first has answered a call so. */
function afterFailure(status: number, extra: string): Flow {
  const flow = new Flow({ vendors: [{}, {}] });
  flow.caller.invite();
  flow.vendor.answer(flow.vendor.take('INVITE'), status, { extra });
  for (const vendor of flow.vendors) vendor.inbox = [];
  return flow;
}

/** Which of the vendors gets the next call. */
function chosen(flow: Flow): number {
  flow.caller.invite();
  const index = flow.vendors.findIndex(({ inbox }) =>
    inbox.some(({ method }) => method === 'INVITE'),
  );
  for (const vendor of flow.vendors) vendor.inbox = [];
  return index;
}

test('503 with Retry-After: the next vendor takes the calls until it is over', () => {
  const flow = afterFailure(503, 'Retry-After: 30 (maintenance)\r\n');
  assert.equal(chosen(flow), 1);
  assert.equal(flow.edge.counter('attemptsSkippedRetryAfter'), 2, 'failover and the next call');
  flow.run(28_000);
  assert.equal(chosen(flow), 1);
  flow.run(3000); // whole seconds, rounded up
  assert.equal(chosen(flow), 0);
});

test('without Retry-After, with 0, with nonsense, in another failure: no pause', () => {
  assert.equal(chosen(afterFailure(503, '')), 0);
  assert.equal(chosen(afterFailure(503, 'Retry-After: 0\r\n')), 0);
  assert.equal(chosen(afterFailure(503, 'Retry-After: soon\r\n')), 0);
  for (const status of [404, 480, 500]) {
    assert.equal(chosen(afterFailure(status, 'Retry-After: 30\r\n')), 0, String(status));
  }
});

test('a pause is bounded', () => {
  const flow = afterFailure(503, 'Retry-After: 4000000000\r\n');
  flow.run((MAX_PAUSE_SECONDS - 1) * 1000);
  assert.equal(chosen(flow), 1);
  flow.run(2000);
  assert.equal(chosen(flow), 0);
});

test('with no other vendor the caller gets 503, and the record the reason', () => {
  const flow = new Flow();
  flow.caller.invite();
  flow.vendor.answer(flow.vendor.take('INVITE'), 503, { extra: 'Retry-After: 9\r\n' });
  flow.caller.take('503 INVITE');
  flow.records.length = 0;
  flow.caller.invite();
  flow.vendor.expectNo('INVITE');
  flow.caller.take('503 INVITE');
  assert.equal(flow.cdr.endReason, 'Routing gateway asked to retry later');
  assert.equal(flow.cdr.endSide, 'server');
  assert.equal(flow.edge.counter('callsRefusedNoRoute'), 0);
});
