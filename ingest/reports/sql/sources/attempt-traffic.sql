-- Attempts by routing gateway: a call that fails over counts for each vendor tried.
-- A period is put together from whole buckets of two rollups, where they are settled, and from
-- the records before and behind them: (coarse: {coarseFrom}..{coarseTo}, fine: what is left of
-- {fineFrom}..{fineTo}, records: what is left of {from}..{to}). bucket: begin, UTC.
SELECT bucket, routing_gateway, attempts, answered, effective, pdd_sum_ms, pdd_count
FROM tandem.{attemptCoarse:Identifier}
WHERE bucket >= {coarseFrom:DateTime('UTC')} AND bucket < {coarseTo:DateTime('UTC')}
UNION ALL
SELECT bucket, routing_gateway, attempts, answered, effective, pdd_sum_ms, pdd_count
FROM tandem.{attemptFine:Identifier}
WHERE (bucket >= {fineFrom:DateTime('UTC')} AND bucket < {coarseFrom:DateTime('UTC')})
    OR (bucket >= {coarseTo:DateTime('UTC')} AND bucket < {fineTo:DateTime('UTC')})
UNION ALL
SELECT
    toDateTime(started_at, 'UTC') AS bucket, routing_gateway,
    toUInt64(1) AS attempts,
    toUInt64(code >= 200 AND code < 300) AS answered,
    toUInt64(
        (code >= 200 AND code < 300) OR pdd_ms IS NOT NULL OR code IN (480, 486, 600, 603)
    ) AS effective,
    toUInt64(ifNull(pdd_ms, 0)) AS pdd_sum_ms, toUInt64(pdd_ms IS NOT NULL) AS pdd_count
FROM tandem.cdr_attempt FINAL
WHERE started_at >= {from:DateTime64(3, 'UTC')} AND started_at < {to:DateTime64(3, 'UTC')}
    AND (started_at < {fineFrom:DateTime('UTC')} OR started_at >= {fineTo:DateTime('UTC')})
