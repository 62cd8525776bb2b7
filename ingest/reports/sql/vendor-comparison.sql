-- Vendors side by side: quality and price of each routing gateway.
-- calls: attempts at the gateway. asr_percent, ner_percent: answered, and completed by the network
-- (answered, ringing, 480, 486, 600, 603), of calls. acd_seconds: mean talk of answered calls.
-- pdd_mean_ms: INVITE sent to first 18x. talk_ms: answer to end. vendor_fee: what is owed;
-- cost_per_minute: vendor_fee by minute of talk.
WITH
    figures AS
    (
        SELECT
            routing_gateway AS gateway, '' AS clearing, attempts AS tried, answered, effective,
            pdd_sum_ms, pdd_count, 0 AS connected, 0 AS duration_ms, toDecimal128(0, 9) AS fee
        FROM ({{attempt-traffic}})
        UNION ALL
        SELECT
            routing_gateway, clearing_account, 0, 0, 0, 0, 0, answered, duration_ms, vendor_fee
        FROM ({{vendor-traffic}})
        WHERE routing_gateway != ''
    )
SELECT
    gateway AS routing_gateway,
    max(clearing) AS clearing_account,
    sum(tried) AS calls,
    sum(figures.answered) AS answered,
    if(calls = 0, NULL, round(100 * answered / calls, 2)) AS asr_percent,
    if(calls = 0, NULL, round(100 * sum(effective) / calls, 2)) AS ner_percent,
    if(sum(connected) = 0, NULL, round(talk_ms / sum(connected) / 1000, 1)) AS acd_seconds,
    if(sum(pdd_count) = 0, NULL, toUInt32(round(sum(pdd_sum_ms) / sum(pdd_count)))) AS pdd_mean_ms,
    sum(duration_ms) AS talk_ms,
    sum(fee) AS vendor_fee,
    if(talk_ms = 0, NULL, vendor_fee * 60000 / talk_ms) AS cost_per_minute
FROM figures
WHERE {gateway:String} = '' OR gateway = {gateway:String}
GROUP BY gateway
HAVING {account:String} = '' OR clearing_account = {account:String}
ORDER BY cost_per_minute ASC NULLS LAST, routing_gateway
SETTINGS do_not_merge_across_partitions_select_final = 1
