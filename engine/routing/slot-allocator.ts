// Which slot of the gates a gateway counts in. A name keeps its slot over every change of the
// provisioning; main asks once per published snapshot.
import { TandemError } from '../base/errors.ts';
import { FIRST_GATEWAY_SLOT, GATE_SLOTS } from './gate-slots.ts';

interface FreedSlot {
  readonly name: string;
  readonly slot: number;
  /** Version of the first snapshot without the name. */
  readonly version: number;
}

/** What the allocator asks the gates: is anybody still counted there? */
export interface Occupancy {
  occupied(slot: number): number;
}

/** What else is kept by slot, and must not pass to the next owner: the states of gateways. */
export interface SlotStates {
  clear(slot: number): void;
}

/**
 * A freed slot is handed to another name only when no shard can still count there: every shard has
 * mounted a snapshot without the old name, and its last call has left. Never used slots go first.
 */
export class SlotAllocator {
  private readonly gates: Occupancy;
  private readonly states: SlotStates;
  private readonly end: number;
  private readonly slots = new Map<string, number>();
  private freed: FreedSlot[] = [];
  private nextUnused = FIRST_GATEWAY_SLOT;

  /** @param end slots below it may be handed out */
  constructor(gates: Occupancy, states: SlotStates, end: number = GATE_SLOTS) {
    this.gates = gates;
    this.states = states;
    this.end = end;
  }

  /**
   * Slots for exactly these names (unique; kinds of gateways that may share names prefix them).
   * @param version of the snapshot being built
   * @param mountedVersion the lowest version that a shard still has mounted
   * @throws TandemError TDM_PROVISION_INVALID when no slot is free; nothing has changed then
   */
  assign(
    names: readonly string[],
    version: number,
    mountedVersion: number,
  ): ReadonlyMap<string, number> {
    const wanted = new Set(names);
    const assigned = new Map<string, number>();
    let freed = [...this.freed];
    for (const [name, slot] of this.slots) {
      if (wanted.has(name)) assigned.set(name, slot);
      else freed.push({ name, slot, version });
    }
    freed = freed.filter(({ name, slot }) => {
      if (!wanted.has(name) || assigned.has(name)) return true;
      assigned.set(name, slot); // the name is back: its own slot, its own calls
      return false;
    });
    let nextUnused = this.nextUnused;
    for (const name of wanted) {
      if (assigned.has(name)) continue;
      const slot = nextUnused < this.end ? nextUnused++ : this.takeSafe(freed, mountedVersion);
      assigned.set(name, slot);
    }
    this.commit(assigned, freed, nextUnused);
    return assigned;
  }

  private takeSafe(freed: FreedSlot[], mountedVersion: number): number {
    const safe = freed.findIndex(
      ({ slot, version }) => version <= mountedVersion && this.gates.occupied(slot) === 0,
    );
    if (safe < 0) {
      throw new TandemError(
        'TDM_PROVISION_INVALID',
        `more than ${this.end - FIRST_GATEWAY_SLOT} gateways, counting removed ones with calls up`,
      );
    }
    const [{ slot }] = freed.splice(safe, 1) as [FreedSlot];
    this.states.clear(slot);
    return slot;
  }

  private commit(assigned: Map<string, number>, freed: FreedSlot[], nextUnused: number): void {
    this.slots.clear();
    for (const [name, slot] of assigned) this.slots.set(name, slot);
    this.freed = freed;
    this.nextUnused = nextUnused;
  }
}
