// Kamailio beside the switch: in front of it for its own subscribers, behind it as their carrier.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryPath } from '../../engine/base/paths.ts';
import { udpPortIsBound } from '../../bench/calls/process-stat.ts';
import { until } from '../../bench/calls/until.ts';
import { needed, startAgent, type AgentProcess } from './tools.ts';

/** @param tandemPort where the switch listens, or will */
export async function startKamailioAt(sipPort: number, tandemPort: number): Promise<AgentProcess> {
  needed('kamailio', 'kamailio', '-v');
  const agent = startAgent('kamailio', (folder) => {
    const text = readFileSync(repositoryPath('test/interop/kamailio.cfg'), 'utf8')
      .replaceAll('@SIP_PORT@', String(sipPort))
      .replaceAll('@TANDEM_PORT@', String(tandemPort));
    const file = join(folder, 'kamailio.cfg');
    writeFileSync(file, text);
    return ['-f', file, '-DD', '-E', '-Y', folder, '-w', folder, '-m', '64', '-M', '8'];
  });
  const up = await until(() => (udpPortIsBound(sipPort) ? true : undefined), 10_000);
  if (up === true) return agent;
  await agent.stop();
  throw new Error(`Kamailio does not listen:\n${agent.output()}`);
}
