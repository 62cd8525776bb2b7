-- Revenue details: what each customer account pays, by level of the call (local, domestic,
-- international or as the rate says; empty when the call had no rate).
-- talk_ms: answer to end; billed_ms: time charged; customer_fee contains tax; net_fee is
-- customer_fee without it.
SELECT
    account,
    call_level,
    sum(traffic.calls) AS calls,
    sum(traffic.answered) AS answered,
    sum(duration_ms) AS talk_ms,
    sum(traffic.billed_ms) AS billed_ms,
    sum(traffic.customer_fee) AS customer_fee,
    sum(traffic.tax) AS tax,
    sum(traffic.customer_fee - traffic.tax) AS net_fee
FROM ({{customer-traffic}}) AS traffic
WHERE ({account:String} = '' OR account = {account:String})
    AND ({level:String} = '' OR call_level = {level:String})
GROUP BY account, call_level
ORDER BY account, call_level
SETTINGS do_not_merge_across_partitions_select_final = 1
