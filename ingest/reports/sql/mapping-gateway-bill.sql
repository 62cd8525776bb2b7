-- Bill of the mapping gateways: traffic that each brought in and what its account pays for it.
-- talk_ms: answer to end; billed_ms: time charged; customer_fee contains tax.
SELECT
    mapping_gateway,
    account,
    sum(traffic.calls) AS calls,
    sum(traffic.answered) AS answered,
    sum(duration_ms) AS talk_ms,
    sum(traffic.billed_ms) AS billed_ms,
    sum(traffic.customer_fee) AS customer_fee,
    sum(traffic.tax) AS tax
FROM ({{customer-traffic}}) AS traffic
WHERE ({gateway:String} = '' OR mapping_gateway = {gateway:String})
    AND ({account:String} = '' OR account = {account:String})
GROUP BY mapping_gateway, account
ORDER BY mapping_gateway, account
SETTINGS do_not_merge_across_partitions_select_final = 1
