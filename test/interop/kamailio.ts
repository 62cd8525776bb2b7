// Kamailio beside the switch: in front of it for its own subscribers, behind it as their carrier.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryPath } from '../../engine/base/paths.ts';
import { tcpPortListens, udpPortIsBound } from '../../bench/calls/process-stat.ts';
import { until } from '../../bench/calls/until.ts';
import type { KeyPair } from '../../engine/net/streams/certificates.ts';
import { needed, startAgent, type AgentProcess } from './tools.ts';

/** Between it and the switch. */
export interface KamailioTls {
  readonly port: number;
  readonly pair: KeyPair;
  /** What the switch's certificate is checked against. */
  readonly ca: string;
}

/** @param tandemPort where the switch listens, or will; over TLS when `tls` is given */
export async function startKamailioAt(
  sipPort: number,
  tandemPort: number,
  tls?: KamailioTls,
): Promise<AgentProcess> {
  needed('kamailio', 'kamailio kamailio-tls-modules', '-v');
  const agent = startAgent('kamailio', (folder) => {
    const values: Readonly<Record<string, string | number>> = {
      SIP_PORT: sipPort,
      TANDEM_PORT: tandemPort,
      TLS_PORT: tls?.port ?? 0,
      CERTIFICATE: tls?.pair.certificate ?? '',
      KEY: tls?.pair.key ?? '',
      CA: tls?.ca ?? '',
    };
    const template = readFileSync(repositoryPath('test/interop/kamailio.cfg'), 'utf8');
    const text = template.replace(/@([A-Z_]+)@/g, (_, name: string) => String(values[name]));
    const file = join(folder, 'kamailio.cfg');
    writeFileSync(file, text);
    const define = tls === undefined ? [] : ['-A', 'WITH_TLS'];
    return [...define, '-f', file, '-DD', '-E', '-Y', folder, '-w', folder, '-m', '64', '-M', '8'];
  });
  const listens = (): boolean => {
    return udpPortIsBound(sipPort) && (tls === undefined || tcpPortListens(tls.port));
  };
  const up = await until(() => (listens() ? true : undefined), 15_000);
  if (up === true) return agent;
  await agent.stop();
  throw new Error(`Kamailio does not listen:\n${agent.output()}`);
}
