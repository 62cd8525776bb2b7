// Reading Prometheus text: a metric is summed over its label sets and not mixed with its namesakes.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sumMetric } from '../../../bench/calls/switch-process.ts';

const TEXT = `# HELP tandem_transactions Transactions
# TYPE tandem_transactions gauge
tandem_transactions{side="client"} 3
tandem_transactions{side="server"} 4
tandem_transactions_total 100
tandem_calls_active 0
`;

describe('sumMetric', () => {
  it('adds the label sets of exactly one name', () => {
    assert.equal(sumMetric(TEXT, 'tandem_transactions'), 7);
    assert.equal(sumMetric(TEXT, 'tandem_transactions_total'), 100);
    assert.equal(sumMetric(TEXT, 'tandem_calls_active'), 0);
    assert.equal(sumMetric(TEXT, 'tandem_calls'), undefined);
  });
});
