-- Profit by routing gateway, clearing account or area of the vendor's rate ({by}); an empty name:
-- calls for which no vendor was tried. Columns as in profit.sql.
SELECT
    {by:Identifier} AS name,
    sum(traffic.calls) AS calls,
    sum(traffic.answered) AS answered,
    sum(duration_ms) AS talk_ms,
    sum(traffic.customer_fee) AS customer_fee,
    sum(traffic.vendor_fee) AS vendor_fee,
    sum(traffic.agent_fee) AS agent_fee,
    sum(traffic.customer_fee - traffic.vendor_fee - traffic.agent_fee) AS profit,
    if(customer_fee = 0, NULL, round(100 * toFloat64(profit) / toFloat64(customer_fee), 2))
        AS margin_percent
FROM ({{vendor-traffic}}) AS traffic
WHERE ({gateway:String} = '' OR routing_gateway = {gateway:String})
    AND ({account:String} = '' OR clearing_account = {account:String})
    AND ({area:String} = '' OR vendor_area = {area:String})
GROUP BY name
ORDER BY profit DESC, name
SETTINGS do_not_merge_across_partitions_select_final = 1
