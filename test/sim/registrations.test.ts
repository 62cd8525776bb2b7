// Registrations with vendors over bad links, outages and deaths of shards, under seeds: what the
// switch believes is true at the registrar, nearly always it is registered, and nothing is left.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Endpoint } from '../../engine/base/endpoint.ts';
import { Registration } from '../../engine/base/gateway-states.ts';
import { PLAIN_ROUTING_GATEWAY } from '../../engine/routing/plain-gateways.ts';
import { snapshotOf } from '../engine/routing/fixtures.ts';
import { Chance } from './chance.ts';
import { Edge, EDGE } from './edge.ts';
import { Registrar } from './registrar.ts';
import { VirtualNetwork } from './virtual-network.ts';
import { VirtualTime } from './virtual-time.ts';

const VENDORS = 5;
const SHARDS = 2;
const GRANT_SECONDS = 300;
const MINUTES = 60;
const CREDENTIALS = { username: 'tandem', password: 'secret' };
const CONTACT = `sip:tandem@${EDGE.ip}:${EDGE.port}`;
const PROBE = { intervalMs: 30_000, failAfter: 3, recoverAfter: 2, highLatencyMs: 1000 };

class World {
  readonly time = new VirtualTime();
  readonly network: VirtualNetwork;
  readonly registrars: Registrar[] = [];
  readonly edge: Edge;
  readonly chance: Chance;
  readonly #quiet = snapshotOf([]);

  constructor(seed: number) {
    this.chance = new Chance(seed);
    const link = { loss: 0.15, duplicates: 0.1, latencyMs: 20, jitterMs: 400 };
    this.network = new VirtualNetwork(this.time, this.chance, link);
    const snapshot = snapshotOf(
      Array.from({ length: VENDORS }, (_, i) => ({
        prefixes: ['44'],
        gateway: {
          ...PLAIN_ROUTING_GATEWAY,
          name: `vendor-${i}`,
          slot: 16 + i,
          peer: this.#vendor(i),
          registerType: 'register-out' as const,
          credentials: CREDENTIALS,
          probe: PROBE,
        },
      })),
    );
    this.edge = new Edge(this.time, this.network, {
      seed,
      shards: SHARDS,
      snapshot,
      events: {
        onCdr: () => undefined,
        onAttempt: () => undefined,
        onTaken: () => undefined,
        onSent: () => undefined,
        onException: (error) => {
          throw error;
        },
      },
    });
    this.edge.operate(() => undefined);
  }

  #vendor(i: number): Endpoint {
    const endpoint = { family: 4, ip: `203.0.113.${i + 1}`, port: 5060 } as const;
    const nowMs = (): number => this.time.wallMs();
    const registrar = new Registrar({ ...CREDENTIALS, grantSeconds: GRANT_SECONDS, nowMs });
    this.registrars.push(registrar);
    this.network.attach(endpoint, {
      receive: ({ text }) => {
        const answer = registrar.receive(text);
        if (answer !== null) this.network.send(endpoint, EDGE, answer);
      },
      unreachable: () => undefined,
    });
    return endpoint;
  }

  believes(i: number): boolean {
    const { registration } = this.edge.states.view(16 + i, this.time.wallMs());
    return registration === Registration.Registered;
  }

  /** Removes all gateways: what is registered is withdrawn. */
  removeAll(): void {
    this.edge.operate((core) => {
      core.mount({ ...this.#quiet, version: 2 });
    });
  }
}

for (const seed of [1, 2, 3, 4]) {
  test(`an hour of registrations, seed ${seed}`, () => {
    const world = new World(seed);
    let registered = 0;
    let seconds = 0;
    const check = (): void => {
      world.registrars.forEach((registrar, i) => {
        if (!world.believes(i)) return;
        registered++;
        // Both count whole seconds from when they heard of it: the switch a little later.
        const left = (registrar.bindings.get(CONTACT) ?? 0) - world.time.wallMs();
        assert.ok(left > -2500, `vendor ${i} at ${seconds} s: ${left} ms left`);
      });
    };
    for (let minute = 0; minute < MINUTES; minute++) {
      const i = world.chance.between(0, VENDORS - 1);
      world.registrars[i]!.silent = world.chance.happens(0.1);
      for (let second = 0; second < 60; second++, seconds++) {
        world.time.run(1000);
        check();
      }
      world.registrars[i]!.silent = false;
      if (!world.chance.happens(0.1)) continue;
      const shard = world.chance.between(0, SHARDS - 1);
      world.edge.crash(shard, 0);
      world.edge.restart(shard);
    }
    const share = registered / (seconds * VENDORS);
    assert.ok(share > 0.98, `registered ${share * 100} % of the time`);
    for (const registrar of world.registrars) assert.ok(registrar.count(200) > 10);
    world.removeAll();
    world.time.run(200_000);
    for (const core of world.edge.cores) {
      for (const [what, count] of Object.entries(core.gauges())) assert.equal(count, 0, what);
    }
    const withdrawn = world.registrars.filter((registrar) => registrar.count('withdrawn') > 0);
    assert.ok(withdrawn.length >= VENDORS - 1, `${withdrawn.length} withdrawn`);
  });
}
