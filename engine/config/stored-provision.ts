// Control store → Provision: what is in force. The edge builds its snapshot of it, ingest and the
// reports read their parameters. What the checks refuse is left out and told, so that a store that
// somebody has spoiled never takes the switch down.
import { entryNames, readEntries } from '../store/entries.ts';
import type { Entry, Json, Section, StoreReader } from '../store/entries.ts';
import { checkedProvision } from './provision.ts';
import type { Phone, Provision } from './provision.ts';
import { StoredData } from './stored-data.ts';
import type { StoredSections } from './stored-data.ts';

export interface StoredProvision {
  /** Without phones and rates: these are read apart, since there are many. */
  readonly provision: Provision;
  /** What was left out, and why. */
  readonly problems: readonly string[];
}

/** @param path of the store, for messages */
export async function readStoredProvision(
  reader: StoreReader,
  path: string,
): Promise<StoredProvision> {
  const entries = (section: Section): Promise<Entry[]> => readEntries(reader, section);
  const rateGroups = await entryNames(reader, 'rate_group');
  let data: StoredSections = {
    parameters: Object.fromEntries(
      (await entries('parameter')).map(({ name, value }) => [name, value]),
    ),
    accounts: (await entries('account')).map(named('account')),
    rateGroups: rateGroups.map((name) => ({ name, rates: [] })),
    mappingGateways: (await entries('mapping_gateway')).map(named('name')),
    routingGateways: (await entries('routing_gateway')).map(named('name')),
  };
  const problems: string[] = [];
  for (;;) {
    const stored = new StoredData(path, data);
    try {
      return { provision: checkedProvision(stored, structuredClone(data)), problems };
    } catch (error) {
      if (stored.problems.length === 0) throw error;
    }
    problems.push(...stored.problems);
    const fewer = stored.withoutRefused();
    if (sizeOf(fewer) === sizeOf(data)) stored.throwProblems();
    data = fewer;
  }
}

/** All phones of the store; one that is not whole is left out. */
export async function readStoredPhones(reader: StoreReader): Promise<Phone[]> {
  const phones: Phone[] = [];
  for (const { name: e164, value } of await readEntries(reader, 'phone')) {
    const { account, password, lock = false, ...more } = value as unknown as Partial<Phone>;
    if (account === undefined || password === undefined) continue;
    phones.push({ ...more, e164, account, password, lock });
  }
  return phones;
}

function named(key: string): (entry: Entry) => Json {
  return ({ name, value }) => ({ ...(value as object), [key]: name });
}

function sizeOf(data: StoredSections): number {
  const { parameters, accounts, rateGroups, mappingGateways, routingGateways } = data;
  const lists = [accounts, rateGroups, mappingGateways, routingGateways, Object.keys(parameters)];
  return lists.reduce((sum, { length }) => sum + length, 0);
}
