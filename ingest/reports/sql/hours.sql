-- Traffic by hour of the start, in the time zone asked for; a day of a clock change has 23 or 25,
-- which utc_offset tells apart.
-- asr_percent: answered of calls; acd_seconds: mean talk of answered calls; pdd_mean_ms: INVITE
-- received to first 18x; talk_ms: answer to end, also as minutes.
SELECT
    toString(hour_start) AS hour,
    formatDateTime(hour_start, '%z', {timezone:String}) AS utc_offset,
    sum(traffic.calls) AS calls,
    sum(traffic.answered) AS answered,
    round(100 * answered / calls, 2) AS asr_percent,
    if(answered = 0, NULL, round(talk_ms / answered / 1000, 1)) AS acd_seconds,
    if(sum(pdd_count) = 0, NULL, toUInt32(round(sum(pdd_sum_ms) / sum(pdd_count)))) AS pdd_mean_ms,
    sum(duration_ms) AS talk_ms,
    round(talk_ms / 60000, 2) AS minutes,
    sum(traffic.customer_fee) AS customer_fee,
    sum(traffic.vendor_fee) AS vendor_fee
FROM ({{customer-traffic}}) AS traffic
WHERE ({gateway:String} = '' OR mapping_gateway = {gateway:String})
    AND ({account:String} = '' OR account = {account:String})
    AND ({area:String} = '' OR area = {area:String})
GROUP BY toStartOfHour(traffic.bucket, {timezone:String}) AS hour_start
ORDER BY hour_start
SETTINGS do_not_merge_across_partitions_select_final = 1
