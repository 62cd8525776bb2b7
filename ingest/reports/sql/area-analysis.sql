-- Routing gateways by area of the call: how each vendor does where, for calls that started in the
-- period. A call counts for its last vendor, and as failed for each one that was tried before.
-- asr_percent: answered of calls. acd_seconds: mean talk of answered calls. talk_ms: answer to end.
-- Only calls that failed over are joined with their attempts: they are the few. Grouping and joining
-- by 64-bit hashes takes half the time of texts and UUIDs.
WITH
    last AS
    (
        SELECT
            any(cdr.routing_gateway) AS routing_gateway,
            any(cdr.area) AS area,
            count() AS tried,
            countIf(answered_at IS NOT NULL) AS answered,
            sum(duration_ms) AS talk
        FROM tandem.cdr FINAL
        WHERE started_at >= {from:DateTime64(3, 'UTC')} AND started_at < {to:DateTime64(3, 'UTC')}
            AND cdr.routing_gateway != ''
            AND ({gateway:String} = '' OR cdr.routing_gateway = {gateway:String})
            AND ({area:String} = '' OR cdr.area = {area:String})
        GROUP BY cityHash64(cityHash64(cdr.routing_gateway), cityHash64(cdr.area))
    ),
    earlier AS
    (
        SELECT routing_gateway, area, count() AS tried
        FROM
        (
            SELECT cityHash64(id) AS call_hash, attempt, routing_gateway
            FROM tandem.cdr_attempt FINAL
            WHERE started_at >= {from:DateTime64(3, 'UTC')}
                -- Attempts follow the start of their call, by minutes at most.
                AND started_at < {to:DateTime64(3, 'UTC')} + INTERVAL 1 HOUR
                AND (code < 200 OR code >= 300)
                AND ({gateway:String} = '' OR routing_gateway = {gateway:String})
        ) AS attempt
        INNER JOIN
        (
            SELECT cityHash64(id) AS call_hash, area, attempts
            FROM tandem.cdr FINAL
            WHERE started_at >= {from:DateTime64(3, 'UTC')}
                AND started_at < {to:DateTime64(3, 'UTC')}
                AND attempts > 1
                AND ({area:String} = '' OR area = {area:String})
        ) AS call USING (call_hash)
        WHERE attempt < attempts
        GROUP BY routing_gateway, area
    )
SELECT
    routing_gateway,
    area,
    sum(tried) AS calls,
    sum(both.answered) AS answered,
    round(100 * answered / calls, 2) AS asr_percent,
    if(answered = 0, NULL, round(talk_ms / answered / 1000, 1)) AS acd_seconds,
    sum(talk) AS talk_ms
FROM
(
    SELECT routing_gateway, area, tried, answered, talk FROM last
    UNION ALL
    SELECT routing_gateway, area, tried, 0, 0 FROM earlier
) AS both
GROUP BY routing_gateway, area
ORDER BY routing_gateway, area
SETTINGS do_not_merge_across_partitions_select_final = 1, optimize_move_to_prewhere_if_final = 1
