// The jars of Kafka: Maven resolves pom.xml once into a cache directory, later starts find it
// there.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { TandemError } from '../../engine/base/errors.ts';
import { repositoryPath } from '../../engine/base/paths.ts';

const OLDEST_JAVA = 17;
const INSTALL = 'apt install openjdk-17-jre-headless maven';

/**
 * The class path of a broker.
 * @throws TandemError TDM_KAFKA_BROKER when Java or Maven is missing, or Maven Central is away.
 */
export function kafkaClassPath(): string {
  requireJava();
  const pom = repositoryPath('infra', 'kafka', 'pom.xml');
  const digest = createHash('sha256').update(readFileSync(pom)).digest('hex').slice(0, 12);
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  const jars = join(cache, 'tandem', `kafka-${digest}`);
  if (!existsSync(jars)) resolveJars(pom, jars);
  return join(jars, '*');
}

function requireJava(): void {
  const { stderr, error } = spawnSync('java', ['-version'], { encoding: 'utf8' });
  const version = Number(/version "(\d+)/.exec(stderr)?.[1] ?? 0);
  if (error !== undefined || version < OLDEST_JAVA) {
    const found = error === undefined ? `is ${stderr.split('\n')[0] ?? ''}` : 'is not installed';
    throw failed(`Java ${found}; Kafka needs Java ${OLDEST_JAVA} or later: ${INSTALL}`);
  }
}

/** Two processes may come here at once: each fills a folder of its own, the first one's stays. */
function resolveJars(pom: string, target: string): void {
  const parent = join(target, '..');
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(join(parent, 'kafka-part-'));
  try {
    const goal = ['dependency:copy-dependencies', `-DoutputDirectory=${folder}`];
    const flags = ['-q', '-B', '-f', pom, '-DincludeScope=runtime'];
    const { status, error, stdout } = spawnSync('mvn', [...flags, ...goal], { encoding: 'utf8' });
    if (error !== undefined) throw failed(`Maven is not installed: ${INSTALL}`);
    if (status !== 0) throw failed(`Maven could not fetch the jars of Kafka:\n${stdout.trim()}`);
    if (!existsSync(target)) renameSync(folder, target);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function failed(message: string): TandemError {
  return new TandemError('TDM_KAFKA_BROKER', message);
}
