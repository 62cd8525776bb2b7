-- Phone bill: calls of each registered phone that is billed, by its E.164 number.
-- talk_ms: answer to end; billed_ms: time charged; customer_fee contains tax.
SELECT
    phone,
    account,
    count() AS calls,
    countIf(answered_at IS NOT NULL) AS answered,
    sum(duration_ms) AS talk_ms,
    sum(cdr.billed_ms) AS billed_ms,
    sum(cdr.customer_fee) AS customer_fee,
    sum(cdr.tax) AS tax
FROM tandem.cdr FINAL
WHERE started_at >= {from:DateTime64(3, 'UTC')} AND started_at < {to:DateTime64(3, 'UTC')}
    AND phone != ''
    AND ({phone:String} = '' OR phone = {phone:String})
    AND ({account:String} = '' OR account = {account:String})
GROUP BY phone, account
ORDER BY phone, account
SETTINGS do_not_merge_across_partitions_select_final = 1
