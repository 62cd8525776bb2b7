-- Bill of the routing gateways: calls that ended at each (the one that answered, or the last one
-- tried) and what its clearing account is owed. Calls without any vendor are not here.
-- talk_ms: answer to end.
SELECT
    routing_gateway,
    clearing_account,
    sum(traffic.calls) AS calls,
    sum(traffic.answered) AS answered,
    sum(duration_ms) AS talk_ms,
    sum(traffic.vendor_fee) AS vendor_fee
FROM ({{vendor-traffic}}) AS traffic
WHERE routing_gateway != ''
    AND ({gateway:String} = '' OR routing_gateway = {gateway:String})
    AND ({account:String} = '' OR clearing_account = {account:String})
GROUP BY routing_gateway, clearing_account
ORDER BY routing_gateway, clearing_account
SETTINGS do_not_merge_across_partitions_select_final = 1
