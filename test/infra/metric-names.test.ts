// Dashboard and alerts ask only for metrics that /metrics has.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { createMetrics } from '../../engine/http/metrics.ts';
import { repositoryPath } from '../../engine/base/paths.ts';
import { fakeMetricsSource } from '../engine/http/fake-metrics-source.ts';

const FILES = ['infra/grafana/tandem.json', 'infra/prometheus/tandem-alerts.yml'];

for (const file of FILES) {
  test(`every metric in ${file} exists`, async () => {
    const metrics = createMetrics(fakeMetricsSource().source);
    const known = new Set(metrics.getMetricsAsArray().map(({ name }) => name));
    const text = readFileSync(repositoryPath(file), 'utf8');
    const asked = new Set(text.match(/\b(tandem|process)_[a-z_]+(?=[{[\s])/g));
    assert.ok(asked.size >= 10, `only ${asked.size} metrics found in ${file}`);
    const unknown = [...asked].filter((name) => !known.has(name.replace(/_bucket$/, '')));
    assert.deepEqual(unknown, []);
  });
}
