-- Quality of calls by mapping gateway, account, area or level ({by}) and time bucket (minute, hour,
-- day of the zone; all: one bucket that begins at {from}).
-- asr_percent: answered of all calls. ner_percent: calls that the network completed: answered,
-- ringing, busy or refused by the callee (480, 486, 600, 603), of all. acd_seconds: mean talk of
-- answered calls. pdd_mean_ms: INVITE received to first 18x, of calls that rang.
-- talk_ms: answer to end.
SELECT
    toString(bucket_start) AS bucket,
    formatDateTime(bucket_start, '%z', {timezone:String}) AS utc_offset,
    {by:Identifier} AS name,
    sum(traffic.calls) AS calls,
    sum(traffic.answered) AS answered,
    round(100 * answered / calls, 2) AS asr_percent,
    round(100 * sum(effective) / calls, 2) AS ner_percent,
    if(answered = 0, NULL, round(talk_ms / answered / 1000, 1)) AS acd_seconds,
    if(sum(pdd_count) = 0, NULL, toUInt32(round(sum(pdd_sum_ms) / sum(pdd_count)))) AS pdd_mean_ms,
    sum(duration_ms) AS talk_ms
FROM ({{customer-traffic}}) AS traffic
WHERE ({gateway:String} = '' OR mapping_gateway = {gateway:String})
    AND ({account:String} = '' OR account = {account:String})
    AND ({area:String} = '' OR area = {area:String})
GROUP BY
    dateTrunc(
        if({bucket:String} = 'all', 'second', {bucket:String}),
        if({bucket:String} = 'all', toDateTime({from:DateTime64(3, 'UTC')}, 'UTC'), traffic.bucket),
        {timezone:String}
    ) AS bucket_start,
    name
ORDER BY bucket_start, name
SETTINGS do_not_merge_across_partitions_select_final = 1
