// Registrations as tests put them into the location table.
import { Kind } from '../../../engine/registry/location-layout.ts';
import type { Registration } from '../../../engine/registry/registration.ts';

export function registration(changes: Partial<Registration>): Registration {
  return {
    aor: '8801712345678',
    kind: Kind.Phone,
    contact: 'sip:8801712345678@192.168.1.20:5060',
    source: [0x1234, 0x0100007f, 0, 0, 0, 0],
    local: 0,
    behindNat: true,
    registeredAtMs: 1_790_000_000_000,
    refreshedAtMs: 1_790_000_000_000,
    expiresAtMs: 1_790_000_300_000,
    q: 1000,
    callId: 'a84b4c76e66710',
    cseq: 1,
    userAgent: 'Phone/1.0',
    path: '',
    ...changes,
  };
}
