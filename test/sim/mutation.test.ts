// The invariants can fail: each test damages the switch in one way and expects the simulation to
// notice it, and to say what is wrong.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Clock } from '../../engine/base/clock.ts';
import type { CoreServices } from '../../engine/call/core-services.ts';
import type { CdrSink } from '../../engine/cdr/cdr-sink.ts';
import { CALLER_NET, VENDOR_NET } from './wire-rules.ts';
import { simulate } from './simulation.ts';

const MOST_SEEDS = 40;

/** Runs damaged simulations until one is caught. */
function expectCaught(
  tamper: (services: CoreServices) => CoreServices,
  complaint: RegExp,
  crashes = false,
): void {
  for (let seed = 1; seed <= MOST_SEEDS; seed++) {
    const { violations } = simulate(seed, { tamper, crashes });
    if (violations.length === 0) continue;
    assert.match(violations.join('\n'), complaint, `seed ${seed}`);
    return;
  }
  assert.fail(`${MOST_SEEDS} simulations did not notice`);
}

/** Damages messages on their way out; null drops one. */
function rewriting(
  rewrite: (message: string, ip: string) => string | null,
): (services: CoreServices) => CoreServices {
  return (services) => ({
    ...services,
    transport: {
      send: (local, to, message, order) => {
        const rewritten = rewrite(message, to.ip);
        return rewritten !== null && services.transport.send(local, to, rewritten, order);
      },
    },
  });
}

/** The sink, some of it replaced. */
function tampered(
  replaced: (sink: CdrSink) => Partial<CdrSink>,
): (services: CoreServices) => CoreServices {
  return (services) => {
    const { sink } = services;
    return {
      ...services,
      sink: {
        cdr: (...words) => sink.cdr(...words),
        attempt: (row) => sink.attempt(row),
        state: (kind, state) => sink.state(kind, state),
        hasRoom: () => sink.hasRoom(),
        ...replaced(sink),
      },
    };
  };
}

test('a CDR that gets lost', () => {
  let count = 0;
  expectCaught(
    tampered((sink) => ({
      cdr: (...words) => (++count % 5 === 0 ? true : sink.cdr(...words)),
    })),
    /no CDR/,
  );
});

test('a CDR that is written twice', () => {
  expectCaught(
    tampered((sink) => ({
      cdr: (...words) => sink.cdr(...words) && sink.cdr(...words),
    })),
    /second CDR/,
  );
});

test('a CDR that does not say which attempt was answered', () => {
  expectCaught(
    tampered((sink) => ({
      cdr: (record, _answered, withheld) => sink.cdr(record, null, withheld),
    })),
    /attempts, but \d+ rows/,
  );
});

test('an attempt without its row', () => {
  expectCaught(
    tampered((sink) => ({
      attempt: (row) => row.attempt > 1 || sink.attempt(row),
    })),
    /attempts, but \d+ rows/,
  );
});

test('a place that is not given back', () => {
  let count = 0;
  expectCaught(
    (services) => ({
      ...services,
      gates: {
        tryEnter: (slot, capacity) => services.gates.tryEnter(slot, capacity),
        tryRate: (slot, limit, wallMs) => services.gates.tryRate(slot, limit, wallMs),
        occupied: (slot) => services.gates.occupied(slot),
        leave: (slot) => {
          if (++count % 7 !== 0) services.gates.leave(slot);
        },
      },
    }),
    /places taken|gate \d+ holds/,
  );
});

test('a limit that lets one more in', () => {
  expectCaught(
    (services) => ({
      ...services,
      gates: {
        tryEnter: (slot, capacity) => services.gates.tryEnter(slot, capacity + 1),
        tryRate: (slot, limit, wallMs) => services.gates.tryRate(slot, limit, wallMs),
        occupied: (slot) => services.gates.occupied(slot),
        leave: (slot) => {
          services.gates.leave(slot);
        },
      },
    }),
    /over the limit/,
  );
});

test("the caller's address shown to a vendor", () => {
  expectCaught(
    rewriting((message, ip) =>
      ip.startsWith(VENDOR_NET)
        ? message.replace('\r\nMax-Forwards', `\r\nX-Source: ${CALLER_NET}7\r\nMax-Forwards`)
        : message,
    ),
    /shows the caller/,
  );
});

test("the vendor's address shown to the caller", () => {
  expectCaught(
    rewriting((message, ip) =>
      ip.startsWith(CALLER_NET)
        ? message.replace('\r\nCall-ID', `\r\nServer: ${VENDOR_NET}7\r\nCall-ID`)
        : message,
    ),
    /shows the vendor/,
  );
});

test('a talk measured by a clock that runs fast', () => {
  expectCaught((services) => {
    const clock: Clock = {
      wallMs: () => services.clock.wallMs(),
      monoMs: () => services.clock.monoMs() * 1.01,
    };
    return { ...services, clock };
  }, /talked \d+ ms|PDD \d+|BYE before/);
});

test('a BYE that a vendor never gets', () => {
  expectCaught(
    rewriting((message, ip) =>
      ip.startsWith(VENDOR_NET) && message.startsWith('BYE ') ? null : message,
    ),
    /ended without a BYE|still up/,
  );
});

test('CSeq that does not grow', () => {
  expectCaught(
    rewriting((message) => message.replace(/CSeq: \d+ (PRACK|INFO|BYE)/, 'CSeq: 1 $1')),
    /after CSeq/,
  );
});

test('a response that changes when it is resent', () => {
  let count = 0;
  expectCaught(
    rewriting((message) =>
      message.replace(/^SIP\/2\.0 4\d\d/, () => `SIP/2.0 ${480 + (++count % 3)}`),
    ),
    /got \d+ and \d+|CDR says|merged INVITE got/,
  );
});

test('no 100 before what follows', () => {
  expectCaught(
    rewriting((message) => (message.startsWith('SIP/2.0 100') ? null : message)),
    /before 100/,
  );
});

test('a request that is never answered', () => {
  expectCaught(
    rewriting((message) => (/^SIP\/2\.0 \d+.*CSeq: \d+ INFO/s.test(message) ? null : message)),
    /never answered/,
  );
});

test('a call that outlives the session interval that it told a peer', () => {
  expectCaught(
    rewriting((message) => message.replace(/(?<=^Session-Expires: )\d+/m, '30')),
    /outlived its 30 s/,
  );
});

test('a session that is given up too early', () => {
  expectCaught(
    rewriting((message) => message.replace(/(?<=^Session-Expires: )\d+/m, '3000')),
    /expired \d+ ms before/,
  );
});

test('an exception', () => {
  expectCaught(
    rewriting((message) => {
      if (message.startsWith('ACK')) throw new Error('out of cheese');
      return message;
    }),
    /exception: Error: out of cheese/,
  );
});

test('a call state that gets lost', () => {
  let count = 0;
  expectCaught(
    tampered((sink) => ({
      state: (kind, state) => ++count % 3 === 0 || sink.state(kind, state),
    })),
    /no CDR/,
    true,
  );
});

test('a call that goes on with the wrong time', () => {
  expectCaught(
    tampered((sink) => ({
      state: (kind, state) => sink.state(kind, { ...state, proofMs: state.proofMs + 500 }),
    })),
    /talked \d+ ms|assumed end/,
    true,
  );
});

test('a call that goes on under another tag', () => {
  expectCaught(
    tampered((sink) => ({
      state: (kind, state) => {
        const localTag = `00ffff${state.callee.localTag.slice(6)}`;
        const { callee } = state;
        const { remoteTarget, routeSet } = callee;
        const moved = { ...callee, remoteTarget, routeSet, localTag };
        return sink.state(kind, { ...state, callee: moved });
      },
    })),
    /still up|of no dialog|of no INVITE|no CDR|talked/,
    true,
  );
});
