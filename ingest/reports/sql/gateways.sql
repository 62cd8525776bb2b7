-- Traffic per gateway: mapping gateways by calls, routing gateways by attempts, because a call that
-- fails over counts once for its customer and once for each vendor tried. The talk of a call counts
-- for the routing gateway that answered.
-- asr_percent: answered of calls; acd_seconds: mean talk of answered calls; pdd_mean_ms: INVITE to
-- first 18x; minutes: answer to end.
WITH
    figures AS
    (
        SELECT
            'mapping' AS side, mapping_gateway AS gateway, calls AS tried, answered,
            answered AS connected, duration_ms, pdd_sum_ms, pdd_count
        FROM ({{customer-traffic}})
        UNION ALL
        SELECT
            'routing', routing_gateway, attempts, answered, 0, 0, pdd_sum_ms, pdd_count
        FROM ({{attempt-traffic}})
        UNION ALL
        SELECT 'routing', routing_gateway, 0, 0, answered, duration_ms, 0, 0
        FROM ({{vendor-traffic}})
        WHERE routing_gateway != ''
    )
SELECT
    side,
    gateway,
    sum(tried) AS calls,
    sum(figures.answered) AS answered,
    if(calls = 0, NULL, round(100 * answered / calls, 2)) AS asr_percent,
    if(sum(connected) = 0, NULL, round(sum(duration_ms) / sum(connected) / 1000, 1))
        AS acd_seconds,
    if(sum(pdd_count) = 0, NULL, toUInt32(round(sum(pdd_sum_ms) / sum(pdd_count)))) AS pdd_mean_ms,
    round(sum(duration_ms) / 60000, 2) AS minutes
FROM figures
WHERE {gateway:String} = '' OR gateway = {gateway:String}
GROUP BY side, gateway
ORDER BY side, calls DESC, gateway
SETTINGS do_not_merge_across_partitions_select_final = 1
