// REG-06: what operators see of registrations and of who failed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  onlineView,
  renderOnline,
} from '../../../../engine/commands/registrations/registration-view.ts';
import { Suspect } from '../../../../engine/registry/suspensions.ts';
import { registration } from '../../registry/registrations.ts';

const NOW = 1_790_000_000_000;
// 192.0.2.9:40000 as a sockaddr.
const source = [0x409c0002, 0x090200c0, 0, 0, 0, 0] as const;

test('who, from where, since when, until when, behind which NAT, with what; who failed', () => {
  const view = onlineView(
    [
      JSON.stringify({ ...registration({ source }), reachable: false }),
      JSON.stringify(registration({ aor: 'gone', expiresAtMs: NOW })),
    ],
    [
      JSON.stringify({
        kind: Suspect.Source,
        name: '198.51.100.66',
        failures: 0,
        totalFailures: 24,
        moves: 0,
        lastAtMs: NOW,
        suspendedUntilMs: NOW + 180_000,
      }),
    ],
    NOW,
  );
  assert.deepEqual(view.registrations, [
    {
      aor: '8801712345678',
      kind: 'phone',
      contact: 'sip:8801712345678@192.168.1.20:5060',
      source: '192.0.2.9:40000',
      behindNat: true,
      registeredAt: '2026-09-21T14:13:20Z',
      refreshedAt: '2026-09-21T14:13:20Z',
      expiresAt: '2026-09-21T14:18:20Z',
      online: false,
      q: 1,
      userAgent: 'Phone/1.0',
    },
  ]);
  const text = renderOnline(view);
  assert.match(text, /^1 registered\naor/);
  assert.match(
    text,
    /8801712345678 +phone +192\.0\.2\.9:40000 +NAT +offline .*2026-09-21T14:18:20Z +Phone/,
  );
  assert.match(text, /198\.51\.100\.66 +source +24 .*2026-09-21T14:16:20Z/);
});
