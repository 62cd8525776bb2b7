// infra/compose.yaml holds together: what it mounts exists and loads, who is to find whom is where
// it is looked for, nothing but SIP listens to the world, and a stop leaves time to drain.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { repositoryPath } from '../../engine/base/paths.ts';
import { loadConfig } from '../../engine/config/load.ts';
import type { Config } from '../../engine/config/load.ts';
import { loadProvision } from '../../engine/config/provision.ts';
import { COMPOSE_FILE, isBind, mountOf, onHost, optionOf, readCompose } from './compose-files.ts';
import type { Service } from './compose-files.ts';

const { services, volumes } = readCompose();
const BROKERS = ['kafka-1', 'kafka-2', 'kafka-3'];

function service(name: string): Service {
  const found = services[name];
  assert.ok(found !== undefined, `no service ${name}`);
  return found;
}

/** The settings that a container of ours starts with. */
function configOf(name: string): Config {
  const path = onHost(service(name), optionOf(service(name), '--config') ?? '');
  assert.ok(path !== undefined, `${name}: its --config is not mounted`);
  return loadConfig(path);
}

test('edge, ingest, three brokers, ClickHouse, Prometheus, Grafana', () => {
  assert.deepEqual(Object.keys(services).sort(), [
    'clickhouse',
    'edge',
    'grafana',
    'ingest',
    ...BROKERS,
    'prometheus',
  ]);
});

for (const [name, one] of Object.entries(services)) {
  test(`${name}: pinned, restarted, checked, with bounded logs`, () => {
    if (one.build === undefined) assert.match(one.image, /^[\w./-]+:v?\d+\.\d+\.\d+[\w.-]*$/);
    assert.equal(one.restart, 'unless-stopped');
    assert.ok(one.logging !== undefined);
    assert.ok((one.healthcheck?.test.length ?? 0) >= 2, 'no healthcheck');
  });

  test(`${name}: what it mounts is there`, () => {
    for (const mount of (one.volumes ?? []).map(mountOf)) {
      if (isBind(mount)) {
        assert.ok(existsSync(resolve(dirname(COMPOSE_FILE), mount.source)), mount.source);
        assert.ok(mount.readOnly, `${mount.source} may be written`);
      } else {
        assert.ok(mount.source in volumes, `volume ${mount.source} is not declared`);
      }
    }
  });

  test(`${name}: listens on loopback alone`, () => {
    for (const port of one.ports ?? []) assert.match(port, /^127\.0\.0\.1:/);
  });
}

test('each volume belongs to one service', () => {
  const used = Object.values(services).flatMap((one) =>
    (one.volumes ?? []).map(mountOf).filter((mount) => !isBind(mount)),
  );
  assert.deepEqual(used.map(({ source }) => source).sort(), Object.keys(volumes).sort());
});

test('settings and provisioning of the containers load, and data goes into a volume', () => {
  for (const name of ['edge', 'ingest']) {
    const config = configOf(name);
    const { warnings } = loadProvision(config.provision);
    assert.deepEqual(warnings, []);
    const targets = (service(name).volumes ?? []).map(mountOf).filter((mount) => !isBind(mount));
    assert.deepEqual(
      targets.map(({ target }) => target),
      [config.dataDir],
    );
    const entry = service(name).command?.[0] ?? '';
    assert.ok(existsSync(repositoryPath(entry)), entry);
  }
});

test('the edge starts without the others, on the network that its callers come from', () => {
  assert.equal(service('edge').depends_on, undefined);
  assert.equal(service('edge').network_mode, 'host');
  const { drainSeconds, kafka } = configOf('edge');
  const grace = Number(/^(\d+)s$/.exec(service('edge').stop_grace_period ?? '')?.[1]);
  assert.ok(grace > 2 * drainSeconds, 'calls drain, then the spool does');
  assert.equal(kafka?.consume, false);
  assert.equal(configOf('ingest').kafka?.consume, true);
});

test('edge and ingest look for the brokers where they say that they are', () => {
  const advertised = BROKERS.map((name) => {
    const env = service(name).environment ?? {};
    assert.equal(env['KAFKA_NODE_ID'], Number(name.at(-1)));
    const text = String(env['KAFKA_ADVERTISED_LISTENERS']);
    return {
      INTERNAL: /INTERNAL:\/\/([^,]+)/.exec(text)?.[1] ?? '',
      HOST: /HOST:\/\/([^,]+)/.exec(text)?.[1] ?? '',
    };
  });
  assert.deepEqual(
    configOf('ingest').kafka?.brokers,
    advertised.map(({ INTERNAL }) => INTERNAL),
  );
  assert.deepEqual(
    configOf('edge').kafka?.brokers,
    advertised.map(({ HOST }) => HOST),
  );
  for (const [i, name] of BROKERS.entries()) {
    const { port } = new URL(`http://${advertised[i]!.HOST}`);
    assert.deepEqual(service(name).ports, [`127.0.0.1:${port}:${port}`]);
    assert.ok(advertised[i]!.INTERNAL.startsWith(`${name}:`));
  }
  const voters = String(service('kafka-1').environment?.['KAFKA_CONTROLLER_QUORUM_VOTERS']);
  assert.deepEqual(
    voters.split(','),
    BROKERS.map((name, i) => `${i + 1}@${name}:9093`),
  );
  assert.equal(configOf('edge').kafka?.topic, configOf('ingest').kafka?.topic);
  const replication = configOf('edge').kafka?.replication;
  assert.equal(replication, BROKERS.length);
});

test('ClickHouse is where ingest and Grafana look for it, with the same password', () => {
  const env = service('clickhouse').environment ?? {};
  const { clickhouse } = configOf('ingest');
  assert.equal(clickhouse.url, 'http://clickhouse:8123');
  assert.equal(clickhouse.user, env['CLICKHOUSE_USER']);
  assert.equal(clickhouse.password, env['CLICKHOUSE_PASSWORD']);
  const path = onHost(service('grafana'), '/etc/grafana/provisioning/datasources/tandem.yaml');
  const { datasources } = parse(readFileSync(path!, 'utf8')) as {
    datasources: {
      type: string;
      url?: string;
      jsonData: Record<string, unknown>;
      secureJsonData?: { password: string };
    }[];
  };
  const source = datasources.find(({ type }) => type === 'grafana-clickhouse-datasource');
  const { host, port, protocol, username } = source?.jsonData ?? {};
  assert.deepEqual([host, port, protocol], ['127.0.0.1', 8123, 'http']);
  assert.deepEqual(service('clickhouse').ports, ['127.0.0.1:8123:8123']);
  assert.equal(username, env['CLICKHOUSE_USER']);
  assert.equal(source?.secureJsonData?.password, env['CLICKHOUSE_PASSWORD']);
  assert.match(
    String(service('grafana').environment?.['GF_PLUGINS_PREINSTALL_SYNC']),
    /^grafana-clickhouse-datasource@\d+\.\d+\.\d+$/,
  );
  const prometheus = datasources.find(({ type }) => type === 'prometheus');
  const address = optionOf(service('prometheus'), '--web.listen-address');
  assert.equal(prometheus?.url, `http://${address!}`);
});

test('Prometheus scrapes the edge and loads its alerts', () => {
  const path = onHost(service('prometheus'), optionOf(service('prometheus'), '--config.file')!);
  const { scrape_configs: scrapes, rule_files: rules } = parse(readFileSync(path!, 'utf8')) as {
    scrape_configs: { static_configs: { targets: string[] }[] }[];
    rule_files: string[];
  };
  const targets = scrapes.flatMap((scrape) => scrape.static_configs.flatMap((one) => one.targets));
  const { edge, ingest } = { edge: configOf('edge').api, ingest: configOf('ingest').api };
  assert.deepEqual(service('ingest').ports, [`127.0.0.1:${ingest.port}:${ingest.port}`]);
  assert.deepEqual(targets, [`127.0.0.1:${edge.port}`, `127.0.0.1:${ingest.port}`]);
  for (const rule of rules) assert.ok(existsSync(join(dirname(path!), rule)), rule);
});

test('Grafana finds the dashboards', () => {
  const path = onHost(service('grafana'), '/etc/grafana/provisioning/dashboards/tandem.yaml');
  const { providers } = parse(readFileSync(path!, 'utf8')) as {
    providers: { options: { path: string } }[];
  };
  const folder = providers[0]?.options.path ?? '';
  for (const name of ['tandem.json', 'business.json']) {
    assert.ok(onHost(service('grafana'), `${folder}/${name}`), name);
  }
  const home = service('grafana').environment?.['GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH'];
  assert.ok(onHost(service('grafana'), String(home)));
});

test('the image is built from what is there, runs as nobody special and finds its programs', () => {
  const { context, dockerfile } = service('edge').build!;
  const root = resolve(dirname(COMPOSE_FILE), context);
  const text = readFileSync(join(root, dockerfile), 'utf8').replace(/\\\n/g, ' ');
  for (const [, image] of text.matchAll(/^FROM (\S+)/gm)) {
    assert.match(image!, /^node:20\.\d+\.\d+-bookworm(-slim)?$/);
  }
  for (const [, words] of text.matchAll(/^COPY (?!--from)(.*)$/gm)) {
    for (const source of words!.split(' ').slice(0, -1)) {
      assert.ok(existsSync(join(root, source)), source);
    }
  }
  for (const [, folder] of text.matchAll(/^COPY --from=\w+ \/opt\/tandem\/(\S+)/gm)) {
    assert.ok(existsSync(join(root, folder!)), folder);
  }
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  for (const [, script] of text.matchAll(/npm run ([\w:]+)/g)) {
    assert.ok(scripts[script!] !== undefined, `npm run ${script!}`);
  }
  assert.match(text, /^USER tandem$/m);
  const check = service('edge').healthcheck?.test ?? [];
  const script = check.find((word) => word.startsWith('/opt/tandem/')) ?? '';
  assert.ok(existsSync(join(root, script.slice('/opt/tandem/'.length))), script);
  assert.ok(check.includes(`${configOf('edge').api.url}/healthz`));
});
