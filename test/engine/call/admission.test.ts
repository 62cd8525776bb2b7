// Which calls are taken: limits of the switch and of the mapping gateway, each with its code, its
// Retry-After, its counter and its record.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Flow, type FlowOptions } from './flow.ts';

interface Refusal {
  readonly what: string;
  readonly options: FlowOptions;
  /** Calls that are taken before the one that is refused. */
  readonly taken: number;
  readonly status: number;
  readonly retryAfter: string;
  readonly counter?: Parameters<Flow['edge']['counter']>[0];
}

const REFUSALS: readonly Refusal[] = [
  {
    what: 'calls per second of the switch',
    options: { parameters: { SS_MAX_CALL_PER_SECOND: 2 } },
    taken: 2,
    status: 503,
    retryAfter: '1',
    counter: 'callsRefusedSystemRate',
  },
  {
    what: 'calls at once of the switch',
    options: { parameters: { SS_MAX_CONCURRENT_CALL: 3 } },
    taken: 3,
    status: 503,
    retryAfter: '5',
    counter: 'callsRefusedSystemCapacity',
  },
  {
    what: 'calls per second of the mapping gateway',
    options: { customer: { cps: 1 } },
    taken: 1,
    status: 503,
    retryAfter: '1',
    counter: 'callsRefusedGatewayRate',
  },
  {
    what: 'calls at once of the mapping gateway',
    options: { customer: { capacity: 1 } },
    taken: 1,
    status: 503,
    retryAfter: '5',
    counter: 'callsRefusedGatewayCapacity',
  },
  {
    what: 'a locked gateway',
    options: { customer: { locked: true } },
    taken: 0,
    status: 403,
    retryAfter: '',
  },
];

for (const { what, options, taken, status, retryAfter, counter } of REFUSALS) {
  test(`${what}: refused with ${status}, recorded, nothing held`, () => {
    const flow = new Flow(options);
    const calls = Array.from({ length: taken }, () => flow.caller.invite());
    assert.equal(flow.records.length, 0, 'those before are taken');
    const refused = flow.caller.invite();
    const response = flow.caller.takeFailure(refused, status);
    assert.equal(response.header('retry-after'), retryAfter);
    assert.equal(flow.cdr.endCode, status);
    assert.equal(flow.cdr.endSide, 'server');
    assert.equal(flow.cdr.callIdIn, refused.callId);
    assert.equal(flow.cdr.attempts, 0);
    if (counter !== undefined) assert.equal(flow.edge.counter(counter), 1);
    flow.run(1000);
    for (const invite of calls) {
      const offered = flow.vendor.take('INVITE');
      flow.caller.cancel(invite);
      flow.vendor.answer(offered, 487);
      flow.caller.takeFailure(invite, 487);
    }
    flow.expectNothingLeft();
  });
}

test('the place of an ended call is free again', () => {
  const flow = new Flow({ customer: { capacity: 1 } });
  const { caller } = flow.talk();
  flow.caller.takeFailure(flow.caller.invite(), 503);
  caller.request('BYE');
  flow.caller.invite();
  flow.vendor.take('INVITE');
});
