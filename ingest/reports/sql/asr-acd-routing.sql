-- Quality of the routing gateways, by time bucket as in asr-acd.sql. A call that fails over counts
-- once for each vendor that was tried, in the bucket of the attempt; talk counts for the gateway
-- that answered, in the bucket of the call.
-- pdd_mean_ms: INVITE sent to first 18x, of attempts that rang. talk_ms: answer to end.
WITH
    attempt AS
    (
        SELECT
            dateTrunc(
        if({bucket:String} = 'all', 'second', {bucket:String}),
        if({bucket:String} = 'all', toDateTime({from:DateTime64(3, 'UTC')}, 'UTC'), traffic.bucket),
        {timezone:String}
    ) AS bucket_start,
            routing_gateway AS name,
            sum(attempts) AS tried,
            sum(traffic.answered) AS answered,
            sum(effective) AS completed,
            if(sum(pdd_count) = 0, NULL, toUInt32(round(sum(pdd_sum_ms) / sum(pdd_count))))
                AS pdd_mean
        FROM ({{attempt-traffic}}) AS traffic
        GROUP BY bucket_start, name
    ),
    carried AS
    (
        SELECT
            dateTrunc(
        if({bucket:String} = 'all', 'second', {bucket:String}),
        if({bucket:String} = 'all', toDateTime({from:DateTime64(3, 'UTC')}, 'UTC'), traffic.bucket),
        {timezone:String}
    ) AS bucket_start,
            routing_gateway AS name,
            sum(traffic.answered) AS connected,
            sum(duration_ms) AS talk
        FROM ({{vendor-traffic}}) AS traffic
        WHERE routing_gateway != ''
        GROUP BY bucket_start, name
    )
SELECT
    toString(bucket_start) AS bucket,
    formatDateTime(bucket_start, '%z', {timezone:String}) AS utc_offset,
    name,
    tried AS calls,
    attempt.answered AS answered,
    if(tried = 0, NULL, round(100 * attempt.answered / tried, 2)) AS asr_percent,
    if(tried = 0, NULL, round(100 * completed / tried, 2)) AS ner_percent,
    if(connected = 0, NULL, round(talk / connected / 1000, 1)) AS acd_seconds,
    pdd_mean AS pdd_mean_ms,
    talk AS talk_ms
FROM attempt
FULL JOIN carried USING (bucket_start, name)
WHERE {gateway:String} = '' OR name = {gateway:String}
ORDER BY bucket_start, name
SETTINGS do_not_merge_across_partitions_select_final = 1
