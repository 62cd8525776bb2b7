-- Agent income: what each agent earns from the calls of each customer account.
-- billed_ms: time charged to the customer; customer_fee: what the customer pays.
SELECT
    agent_account,
    account,
    count() AS calls,
    countIf(answered_at IS NOT NULL) AS answered,
    sum(cdr.billed_ms) AS billed_ms,
    sum(cdr.customer_fee) AS customer_fee,
    sum(cdr.agent_fee) AS agent_fee
FROM tandem.cdr FINAL
WHERE started_at >= {from:DateTime64(3, 'UTC')} AND started_at < {to:DateTime64(3, 'UTC')}
    AND agent_account != ''
    AND ({agent:String} = '' OR agent_account = {agent:String})
    AND ({account:String} = '' OR account = {account:String})
GROUP BY agent_account, account
ORDER BY agent_account, account
SETTINGS do_not_merge_across_partitions_select_final = 1
