// provision.yaml → Provision: the operator's gateways, accounts, rates, phones and parameters,
// checked as a whole. Read at start and on SIGHUP; build-snapshot.ts makes of it what shards mount.
import { resolve } from 'node:path';
import type { Static } from 'typebox';
import { parseMoney } from '../base/money.ts';
import type { Money } from '../base/money.ts';
import type { ParameterValues } from '../base/parameter-values.ts';
import { parameterValues } from '../parameters/parse-value.ts';
import { formatIp, parseIp } from '../base/ip-address.ts';
import { formatCidr, parseCidr } from '../routing/cidr.ts';
import {
  checkGateways,
  checkNames,
  checkParameters,
  checkSourceAddresses,
} from './provision-checks.ts';
import { PROVISION_SCHEMA } from './provision-schema.ts';
import type { ProblemList } from './problem-list.ts';
import { checkSchema } from './schema-check.ts';
import { checkSharedAddresses } from './shared-addresses.ts';
import { YamlFile } from './yaml-file.ts';

type ProvisionData = Static<typeof PROVISION_SCHEMA>;

export interface Account {
  readonly account: string;
  readonly name: string;
  /** Balance. */
  readonly money: Money;
  /** Lowest balance that still allows calls. */
  readonly limitMoney: Money;
  readonly rateGroup: string | null;
}

export interface Rate {
  readonly prefix: string;
  /** Price of one `period`. */
  readonly fee: Money;
  /** Seconds per billing step. */
  readonly period: number;
  /** Seconds of the first step. */
  readonly firstPeriod: number;
  readonly area: string;
}

export interface RateGroup {
  readonly name: string;
  readonly rates: readonly Rate[];
}

/** As written, but addresses and header names are canonical. Limits absent: none. */
export type ProvisionedMappingGateway = Readonly<ProvisionData['mappingGateways'][number]>;

/** As written, but the address is canonical. Limits absent: none. Timeouts: s, 0 = parameter. */
export type ProvisionedRoutingGateway = Readonly<ProvisionData['routingGateways'][number]>;

export interface Phone {
  readonly e164: string;
  readonly account: string;
  readonly password: string;
  /** Most calls at once; absent: not limited. */
  readonly capacity?: number;
  readonly lock: boolean;
}

export interface Provision {
  /** Absolute path of the file read, or of the control store. */
  readonly file: string;
  /** All parameters in force, defaults filled in. */
  readonly parameters: ParameterValues;
  readonly accounts: readonly Account[];
  readonly rateGroups: readonly RateGroup[];
  readonly mappingGateways: readonly ProvisionedMappingGateway[];
  readonly routingGateways: readonly ProvisionedRoutingGateway[];
  readonly phones: readonly Phone[];
  /** What the operator should know although it is no error: `file:line: key: text`. */
  readonly warnings: readonly string[];
}

/** The parameters where there is no provision file: all defaults. */
export function unprovisionedParameters(): ParameterValues {
  return parameterValues();
}

/** @throws TandemError TDM_PROVISION_INVALID with every problem, its line and what is allowed */
export function loadProvision(path: string): Provision {
  const file = new YamlFile(resolve(path), 'TDM_PROVISION_INVALID');
  return checkedProvision(file, file.data);
}

/**
 * @param list takes the problems and warnings; names the file
 * @param raw as it was written; missing keys get their defaults in it
 * @throws what the list throws when there is a problem
 */
export function checkedProvision(list: ProblemList, raw: unknown): Provision {
  const checked = checkSchema(PROVISION_SCHEMA, list, raw);
  const given = checkParameters(checked.accepted, list);
  checkNames(checked.accepted, list);
  checkSourceAddresses(checked.accepted, list);
  checkGateways(checked.accepted, list);
  checkSharedAddresses(checked.accepted.routingGateways ?? [], list);
  const data = checked.complete();
  return {
    file: list.path,
    parameters: parameterValues(given),
    accounts: data.accounts.map(account),
    rateGroups: data.rateGroups.map(rateGroup),
    mappingGateways: data.mappingGateways.map((gateway) => ({
      ...gateway,
      remoteIps: gateway.remoteIps.map(canonicalCidr),
      passHeaders: gateway.passHeaders.map((name) => name.toLowerCase()),
    })),
    routingGateways: data.routingGateways.map((gateway) => ({
      ...gateway,
      ...(gateway.remoteIp === undefined ? {} : { remoteIp: canonicalIp(gateway.remoteIp) }),
    })),
    phones: data.phones,
    warnings: list.warnings,
  };
}

function account(data: ProvisionData['accounts'][number]): Account {
  return {
    account: data.account,
    name: data.name,
    money: checkedMoney(data.money),
    limitMoney: checkedMoney(data.limitMoney),
    rateGroup: data.rateGroup ?? null,
  };
}

function rateGroup(data: ProvisionData['rateGroups'][number]): RateGroup {
  const rates = data.rates.map(({ prefix, fee, period, firstPeriod, area }) => ({
    prefix,
    fee: checkedMoney(fee),
    period,
    firstPeriod: firstPeriod ?? period,
    area,
  }));
  return { name: data.name, rates };
}

/** The schema has let only decimals through. */
function checkedMoney(text: string): Money {
  const money = parseMoney(text);
  if (money === undefined) throw new TypeError(`not a decimal: ${text}`);
  return money;
}

function canonicalIp(text: string): string {
  const words = new Int32Array(4);
  return parseIp(text, words) === 0 ? text : formatIp(words);
}

function canonicalCidr(text: string): string {
  const cidr = parseCidr(text);
  return cidr === undefined ? text : formatCidr(cidr);
}
