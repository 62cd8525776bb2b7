-- Destinations with the most talk, by area and prefix of the customer's rate.
-- talk_ms: answer to end. profit = customer_fee - vendor_fee - agent_fee.
-- One hash to group by: as in release-causes.sql.
SELECT
    any(cdr.area) AS area,
    any(cdr.rate_prefix) AS rate_prefix,
    count() AS calls,
    countIf(answered_at IS NOT NULL) AS answered,
    round(100 * answered / calls, 2) AS asr_percent,
    sum(duration_ms) AS talk_ms,
    sum(cdr.customer_fee) AS customer_fee,
    customer_fee - sum(cdr.vendor_fee) - sum(cdr.agent_fee) AS profit
FROM tandem.cdr FINAL
WHERE started_at >= {from:DateTime64(3, 'UTC')} AND started_at < {to:DateTime64(3, 'UTC')}
    AND ({gateway:String} = '' OR mapping_gateway = {gateway:String})
    AND ({account:String} = '' OR account = {account:String})
GROUP BY cityHash64(cityHash64(cdr.area), cityHash64(cdr.rate_prefix))
ORDER BY talk_ms DESC, calls DESC, area, rate_prefix
LIMIT {limit:UInt32}
SETTINGS do_not_merge_across_partitions_select_final = 1
