-- Calls by clearing account, last routing gateway tried and area of the vendor's rate.
-- A period is put together from whole buckets of two rollups, where they are settled, and from
-- the records before and behind them: (coarse: {coarseFrom}..{coarseTo}, fine: what is left of
-- {fineFrom}..{fineTo}, records: what is left of {from}..{to}). bucket: begin, UTC.
SELECT
    bucket, clearing_account, routing_gateway, vendor_area,
    calls, answered, effective, duration_ms, billed_ms, pdd_sum_ms, pdd_count,
    customer_fee, vendor_fee, agent_fee, tax
FROM tandem.{vendorCoarse:Identifier}
WHERE bucket >= {coarseFrom:DateTime('UTC')} AND bucket < {coarseTo:DateTime('UTC')}
UNION ALL
SELECT
    bucket, clearing_account, routing_gateway, vendor_area,
    calls, answered, effective, duration_ms, billed_ms, pdd_sum_ms, pdd_count,
    customer_fee, vendor_fee, agent_fee, tax
FROM tandem.{vendorFine:Identifier}
WHERE (bucket >= {fineFrom:DateTime('UTC')} AND bucket < {coarseFrom:DateTime('UTC')})
    OR (bucket >= {coarseTo:DateTime('UTC')} AND bucket < {fineTo:DateTime('UTC')})
UNION ALL
SELECT
    toDateTime(started_at, 'UTC') AS bucket, clearing_account, routing_gateway, vendor_area,
    toUInt64(1) AS calls,
    toUInt64(answered_at IS NOT NULL) AS answered,
    toUInt64(
        answered_at IS NOT NULL OR ringing_at IS NOT NULL OR end_code IN (480, 486, 600, 603)
    ) AS effective,
    duration_ms, billed_ms,
    toUInt64(ifNull(pdd_ms, 0)) AS pdd_sum_ms, toUInt64(pdd_ms IS NOT NULL) AS pdd_count,
    customer_fee, vendor_fee, agent_fee, tax
FROM tandem.cdr FINAL
WHERE started_at >= {from:DateTime64(3, 'UTC')} AND started_at < {to:DateTime64(3, 'UTC')}
    AND (started_at < {fineFrom:DateTime('UTC')} OR started_at >= {fineTo:DateTime('UTC')})
