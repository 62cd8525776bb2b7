-- Traffic per gateway: mapping gateways by calls, routing gateways by attempts, because a call that
-- fails over counts once for its customer and once for each vendor tried. The talk of a call counts
-- for the routing gateway that answered.
-- asr_percent: answered of calls; acd_seconds: mean talk of answered calls; pdd_mean_ms: INVITE to
-- first 18x; minutes: answer to end.
-- Each side is summed up by gateway alone before they come together: that is the fast way to group.
WITH
    figures AS
    (
        SELECT
            'mapping' AS side, mapping_gateway AS gateway, sum(calls) AS tried,
            sum(traffic.answered) AS answered, sum(traffic.answered) AS connected,
            sum(duration_ms) AS talk, sum(pdd_sum_ms) AS pdd_sum, sum(pdd_count) AS rang
        FROM ({{customer-traffic}}) AS traffic
        GROUP BY mapping_gateway
        UNION ALL
        SELECT
            'routing', routing_gateway, sum(attempts), sum(answered), 0, 0, sum(pdd_sum_ms),
            sum(pdd_count)
        FROM ({{attempt-traffic}})
        GROUP BY routing_gateway
        UNION ALL
        SELECT 'routing', routing_gateway, 0, 0, sum(answered), sum(duration_ms), 0, 0
        FROM ({{vendor-traffic}})
        WHERE routing_gateway != ''
        GROUP BY routing_gateway
    )
SELECT
    side,
    gateway,
    sum(tried) AS calls,
    sum(figures.answered) AS answered,
    if(calls = 0, NULL, round(100 * answered / calls, 2)) AS asr_percent,
    if(sum(connected) = 0, NULL, round(sum(talk) / sum(connected) / 1000, 1)) AS acd_seconds,
    if(sum(rang) = 0, NULL, toUInt32(round(sum(pdd_sum) / sum(rang)))) AS pdd_mean_ms,
    round(sum(talk) / 60000, 2) AS minutes
FROM figures
WHERE {gateway:String} = '' OR gateway = {gateway:String}
GROUP BY side, gateway
ORDER BY side, calls DESC, gateway
SETTINGS do_not_merge_across_partitions_select_final = 1
