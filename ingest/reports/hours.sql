-- Traffic by hour of the start, in the time zone asked for.
SELECT
    toString(toStartOfHour(started_at, {timezone:String})) AS hour,
    count() AS calls,
    countIf(answered_at IS NOT NULL) AS answered,
    round(100 * answered / calls, 2) AS asr_percent,
    if(answered = 0, NULL, round(sum(duration_ms) / answered / 1000, 1)) AS acd_seconds,
    toUInt32(round(avg(pdd_ms))) AS pdd_mean_ms,
    quantileExact(0.95)(pdd_ms) AS pdd_p95_ms,
    round(sum(duration_ms) / 60000, 2) AS minutes
FROM tandem.cdr FINAL
WHERE started_at >= {from:DateTime64(3, 'UTC')} AND started_at < {to:DateTime64(3, 'UTC')}
    AND ({gateway:String} = '' OR mapping_gateway = {gateway:String})
    AND ({account:String} = '' OR account = {account:String})
GROUP BY toStartOfHour(started_at, {timezone:String}) AS bucket
ORDER BY bucket
SETTINGS do_not_merge_across_partitions_select_final = 1
