// RFC 4028 as tables: who refreshes (section 9, table 2), which interval is agreed, what gets 422;
// and what holds whatever a peer asks for.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  answerSession,
  grantedSession,
  type SessionRequest,
} from '../../../../engine/sip/dialog/session-negotiation.ts';
import { SessionExpires } from '../../../../engine/sip/message/session-expires.ts';

const OURS = { ttlS: 600, minSeS: 90 };

function request(given: Partial<SessionRequest>): SessionRequest {
  return { supported: true, seconds: -1, refresher: null, minSeS: -1, ...given };
}

test('table 2: the refresher of the 2xx', () => {
  const rows = [
    [false, null, 'uas'],
    [false, 'uac', 'uas'],
    [false, 'uas', 'uas'],
    [true, null, 'uas'],
    [true, 'uac', 'uac'],
    [true, 'uas', 'uas'],
  ] as const;
  for (const [supported, asked, answered] of rows) {
    const terms = answerSession(
      request({ supported, seconds: 300, refresher: asked }),
      OURS,
      false,
    );
    assert.deepEqual(terms, { intervalS: 300, refresher: answered });
  }
});

test('the interval: shortened to ours, never lengthened, not below the Min-SE of the peer', () => {
  const cases: [Partial<SessionRequest>, number][] = [
    [{}, 600],
    [{ minSeS: 900 }, 900],
    [{ seconds: 300 }, 300],
    [{ seconds: 90 }, 90],
    [{ seconds: 1800 }, 600],
    [{ seconds: 1800, minSeS: 1200 }, 1200],
    [{ seconds: 1800, minSeS: 1800 }, 1800],
    [{ seconds: 1800, minSeS: 120 }, 600],
  ];
  for (const [given, intervalS] of cases) {
    const terms = answerSession(request(given), OURS, false);
    assert.deepEqual(terms, { intervalS, refresher: 'uas' }, JSON.stringify(given));
  }
});

test('422 for less than Min-SE, but only to who understands it', () => {
  assert.equal(answerSession(request({ seconds: 89 }), OURS, false), 'too-small');
  assert.equal(answerSession(request({ seconds: 0 }), OURS, true), 'too-small');
  const long = { ttlS: 1800, minSeS: 1800 };
  assert.equal(answerSession(request({ seconds: 1799 }), long, false), 'too-small');
  assert.equal(answerSession(request({ seconds: 89, supported: false }), OURS, false), null);
});

test('without support, and no proxy that asks, there is none, but one that runs goes on', () => {
  const plain = request({ supported: false });
  assert.equal(answerSession(plain, OURS, false), null);
  assert.deepEqual(answerSession(plain, OURS, true), { intervalS: 600, refresher: 'uas' });
});

test('whatever is asked: no interval below both Min-SE, none longer than asked', () => {
  const number = fc.oneof(fc.constant(-1), fc.integer({ min: 0, max: 100_000 }));
  fc.assert(
    fc.property(
      fc.boolean(),
      number,
      fc.constantFrom(null, 'uac' as const, 'uas' as const),
      number,
      fc.integer({ min: 90, max: 3600 }),
      fc.integer({ min: 0, max: 86_400 }),
      fc.boolean(),
      (supported, seconds, refresher, theirs, minSeS, above, running) => {
        // A request never asks for less than its own Min-SE.
        fc.pre(seconds < 0 || theirs <= seconds);
        const ours = { ttlS: minSeS + above, minSeS };
        const asked = { supported, seconds, refresher, minSeS: theirs };
        const terms = answerSession(asked, ours, running);
        if (terms === 'too-small') {
          assert.ok(supported && seconds >= 0 && seconds < minSeS);
        } else if (terms !== null) {
          assert.ok(terms.intervalS >= Math.max(minSeS, theirs));
          if (seconds >= minSeS) assert.ok(terms.intervalS <= seconds);
          if (!supported) assert.equal(terms.refresher, 'uas');
        } else {
          assert.ok(!supported && !running);
        }
      },
    ),
  );
});

test('what a 2xx grants', () => {
  const granted = (value: string): unknown => {
    const header = new SessionExpires();
    header.parse(Buffer.from(value), 0, value.length);
    return grantedSession(header);
  };
  assert.deepEqual(granted('600;refresher=uas'), { intervalS: 600, refresher: 'uas' });
  assert.deepEqual(granted('600;refresher=uac'), { intervalS: 600, refresher: 'uac' });
  assert.deepEqual(granted('600'), { intervalS: 600, refresher: 'uac' });
  assert.deepEqual(granted('1;refresher=uac'), { intervalS: 90, refresher: 'uac' });
  assert.equal(granted(''), null);
});
