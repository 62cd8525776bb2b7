// The cause of a failure: what a vendor says of its own code, and the cause of the code that stands
// in for it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Flow } from './flow.ts';

/** Code and Reason that the customer gets for a vendor's failure. */
function failure(status: number, extra: string, releaseCodes: [number, number][] = []): string {
  const flow = new Flow({ customer: { releaseCodes: new Map(releaseCodes) } });
  flow.caller.invite();
  flow.vendor.answer(flow.vendor.take('INVITE'), status, { extra });
  const response = flow.caller.inbox.at(-1)!;
  assert.equal(response.all('reason').length, 1);
  return `${response.status} ${response.header('reason')}`;
}

test('the number of the vendor passes, its words do not', () => {
  assert.equal(failure(486, 'Reason: Q.850;cause=17\r\n'), '486 Q.850;cause=17');
  const words = 'Reason: Q.850 ; cause=034 ;text="no circuit at gw7.example.net"\r\n';
  assert.equal(failure(503, words), '503 Q.850;cause=34');
  const first = 'Reason: Q.850;text="x";cause=27\r\n';
  assert.equal(failure(503, first), '503 Q.850;cause=27');
});

test('of several reasons the Q.850 one counts; another protocol is no cause', () => {
  const two = 'Reason: SIP;cause=500\r\nReason: Q.850;cause=38\r\n';
  assert.equal(failure(503, two), '503 Q.850;cause=38');
  assert.equal(failure(404, 'Reason: SIP;cause=500;text="x"\r\n'), '404 Q.850;cause=1');
  assert.equal(failure(404, ''), '404 Q.850;cause=1');
});

test('a code that is replaced has the cause of the code in its place', () => {
  const reason = 'Reason: Q.850;cause=34\r\n';
  assert.equal(failure(503, reason, [[503, 480]]), '480 Q.850;cause=18');
  assert.equal(failure(503, reason, [[0, 486]]), '486 Q.850;cause=17');
  assert.equal(failure(503, reason, [[404, 486]]), '503 Q.850;cause=34');
  assert.equal(failure(401, reason), '503 Q.850;cause=41', 'by the table of the switch');
});
