-- Post-dial delay of the calls that rang, by mapping gateway, routing gateway, account, area or
-- level ({by}): INVITE received to first 18x, in milliseconds. Percentiles are exact (nearest rank).
WITH quantilesExactLow(0.5, 0.9, 0.95, 0.99)(assumeNotNull(pdd_ms)) AS percentiles
SELECT
    {by:Identifier} AS name,
    count() AS rang,
    toUInt32(round(avg(assumeNotNull(pdd_ms)))) AS pdd_mean_ms,
    percentiles[1] AS pdd_p50_ms,
    percentiles[2] AS pdd_p90_ms,
    percentiles[3] AS pdd_p95_ms,
    percentiles[4] AS pdd_p99_ms,
    max(assumeNotNull(pdd_ms)) AS pdd_max_ms
FROM tandem.cdr FINAL
WHERE started_at >= {from:DateTime64(3, 'UTC')} AND started_at < {to:DateTime64(3, 'UTC')}
    AND pdd_ms IS NOT NULL
    AND ({gateway:String} = '' OR mapping_gateway = {gateway:String}
        OR routing_gateway = {gateway:String})
    AND ({account:String} = '' OR account = {account:String})
    AND ({area:String} = '' OR area = {area:String})
GROUP BY name
ORDER BY name
SETTINGS do_not_merge_across_partitions_select_final = 1
