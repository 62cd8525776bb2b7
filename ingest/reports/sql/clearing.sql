-- Vendor settlement: what each clearing account is owed, by area of the vendor's rate.
-- talk_ms: answer to end; vendor_fee: owed to the clearing account.
SELECT
    clearing_account,
    vendor_area,
    sum(traffic.calls) AS calls,
    sum(traffic.answered) AS answered,
    sum(duration_ms) AS talk_ms,
    sum(traffic.vendor_fee) AS vendor_fee
FROM ({{vendor-traffic}}) AS traffic
WHERE clearing_account != ''
    AND ({account:String} = '' OR clearing_account = {account:String})
    AND ({area:String} = '' OR vendor_area = {area:String})
GROUP BY clearing_account, vendor_area
ORDER BY clearing_account, vendor_area
SETTINGS do_not_merge_across_partitions_select_final = 1
