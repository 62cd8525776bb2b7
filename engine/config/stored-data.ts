// The control store's entries in the shape of provision.yaml, so that they go through the same
// checks. What is wrong is told by the entry's name, and a refused entry can be left out.
import { TandemError } from '../base/errors.ts';
import type { Json } from '../store/entries.ts';
import { showPath } from './problem-list.ts';
import type { KeyPath, ProblemList } from './problem-list.ts';

/** Key of a section → what names its entries. */
const NAME_KEYS: Readonly<Record<string, string>> = { accounts: 'account', phones: 'e164' };

export interface StoredSections {
  readonly parameters: Readonly<Record<string, Json>>;
  readonly accounts: readonly Json[];
  readonly rateGroups: readonly Json[];
  readonly mappingGateways: readonly Json[];
  readonly routingGateways: readonly Json[];
}

export class StoredData implements ProblemList {
  readonly path: string;
  readonly warnings: string[] = [];
  readonly problems: string[] = [];
  readonly #data: StoredSections;
  /** `section/index or name` of what was refused. */
  readonly #refused = new Set<string>();

  constructor(path: string, data: StoredSections) {
    this.path = path;
    this.#data = data;
  }

  problem(path: KeyPath, text: string): void {
    this.problems.push(`${this.#shown(path)}${text}`);
    this.#refused.add(`${path[0]}/${path[1]}`);
  }

  warn(path: KeyPath, text: string): void {
    this.warnings.push(`control store: ${this.#shown(path)}${text}`);
  }

  placeOf(path: KeyPath): string {
    return this.#shown(path.slice(0, 2)).replace(/: $/, '');
  }

  throwProblems(): void {
    if (this.problems.length === 0) return;
    const text = this.problems.map((problem) => `  ${problem}`).join('\n');
    throw new TandemError('TDM_PROVISION_INVALID', `control store ${this.path}\n${text}`);
  }

  /** The data without the entries that were refused. */
  withoutRefused(): StoredSections {
    const kept = (section: string, entries: readonly Json[]): Json[] =>
      entries.filter((_, i) => !this.#refused.has(`${section}/${i}`));
    const { parameters, accounts, rateGroups, mappingGateways, routingGateways } = this.#data;
    return {
      parameters: Object.fromEntries(
        Object.entries(parameters).filter(([name]) => !this.#refused.has(`parameters/${name}`)),
      ),
      accounts: kept('accounts', accounts),
      rateGroups: kept('rateGroups', rateGroups),
      mappingGateways: kept('mappingGateways', mappingGateways),
      routingGateways: kept('routingGateways', routingGateways),
    };
  }

  /** `mappingGateways "acme-1".capacity: ` */
  #shown([section, index, ...rest]: KeyPath): string {
    if (typeof index !== 'number') return showPath([section, index, ...rest].filter(isPart));
    const key = NAME_KEYS[String(section)] ?? 'name';
    const entries = this.#data[section as keyof StoredSections] as readonly unknown[];
    const name = (entries[index] as Record<string, unknown> | null)?.[key];
    return showPath([`${section} "${String(name)}"`, ...rest]);
  }
}

function isPart(part: string | number | undefined): part is string | number {
  return part !== undefined;
}
