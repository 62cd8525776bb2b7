// Registrations and suspects as operators see them (REG-06): who, from where, since when, until
// when, behind which NAT address, with what; who failed, and what is suspended.
import { hostPort } from '../../base/endpoint.ts';
import { Kind } from '../../registry/location-layout.ts';
import type { JournaledRegistration } from '../../registry/location-journal.ts';
import { endpointOf } from '../../registry/source-words.ts';
import { Suspect, type SuspectFigures } from '../../registry/suspensions.ts';

export interface RegistrationView {
  readonly aor: string;
  readonly kind: 'phone' | 'mapping gateway' | 'routing gateway';
  readonly contact: string;
  /** Where it registered from: its NAT's address when it is behind one. */
  readonly source: string;
  readonly behindNat: boolean;
  readonly registeredAt: string;
  readonly refreshedAt: string;
  readonly expiresAt: string;
  /** False: it did not answer when it was asked last, or its connection has ended. */
  readonly online: boolean;
  readonly q: number;
  readonly userAgent: string;
}

export interface SuspectView {
  readonly kind: 'terminal' | 'source';
  readonly name: string;
  readonly failures: number;
  readonly moves: number;
  readonly lastAt: string;
  /** Empty when not suspended. */
  readonly suspendedUntil: string;
}

export interface OnlineView {
  readonly registrations: readonly RegistrationView[];
  readonly suspects: readonly SuspectView[];
}

const KINDS = {
  [Kind.Phone]: 'phone',
  [Kind.MappingGateway]: 'mapping gateway',
  [Kind.RoutingGateway]: 'routing gateway',
} as const;

/** @param registrations, suspects JSON texts of the store. What has expired is left out. */
export function onlineView(
  registrations: readonly string[],
  suspects: readonly string[],
  wallMs: number,
): OnlineView {
  return {
    registrations: registrations
      .map((text) => JSON.parse(text) as JournaledRegistration)
      .filter(({ expiresAtMs }) => expiresAtMs > wallMs)
      .map(registrationView),
    suspects: suspects.map((text) => suspectView(JSON.parse(text) as SuspectFigures, wallMs)),
  };
}

function registrationView(registration: JournaledRegistration): RegistrationView {
  const { aor, kind, contact, behindNat, q, userAgent } = registration;
  return {
    aor,
    kind: KINDS[kind],
    contact,
    source: hostPort(endpointOf(registration)),
    behindNat,
    registeredAt: time(registration.registeredAtMs),
    refreshedAt: time(registration.refreshedAtMs),
    expiresAt: time(registration.expiresAtMs),
    online: registration.reachable,
    q: q / 1000,
    userAgent,
  };
}

function suspectView(suspect: SuspectFigures, wallMs: number): SuspectView {
  const { kind, name, totalFailures, moves, lastAtMs, suspendedUntilMs } = suspect;
  return {
    kind: kind === Suspect.Terminal ? 'terminal' : 'source',
    name,
    failures: totalFailures,
    moves,
    lastAt: time(lastAtMs),
    suspendedUntil: suspendedUntilMs > wallMs ? time(suspendedUntilMs) : '',
  };
}

function time(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}

export function renderOnline({ registrations, suspects }: OnlineView): string {
  const rows = registrations.map((r) => [
    r.aor,
    r.kind,
    r.source,
    r.behindNat ? 'NAT' : '',
    r.online ? 'online' : 'offline',
    r.registeredAt,
    r.expiresAt,
    r.userAgent,
  ]);
  const heads = ['aor', 'kind', 'from', 'nat', 'state', 'registered', 'expires', 'user agent'];
  const failed = suspects.map((s) => [
    s.name,
    s.kind,
    String(s.failures),
    String(s.moves),
    s.lastAt,
    s.suspendedUntil,
  ]);
  const failedHeads = ['failed', 'kind', 'failures', 'moves', 'last', 'suspended until'];
  const online = `${registrations.length} registered\n${table(heads, rows)}`;
  return failed.length === 0 ? online : `${online}\n${table(failedHeads, failed)}`;
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = heads.map((head, i) =>
    rows.reduce((width, row) => Math.max(width, row[i]!.length), head.length),
  );
  const line = (cells: readonly string[]): string =>
    `${cells
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join('  ')
      .trimEnd()}\n`;
  return line(heads) + rows.map(line).join('');
}
