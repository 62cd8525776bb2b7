-- Movements of each account by calls that ended before a moment ({to}) and started from {from} on:
-- charged as a customer, credited as a vendor (clearing account), earned as an agent.
-- movement = credited + earned - charged. balance: the account's money at that moment; NULL until
-- balances are kept, which comes with rating. One hash to group by: as in release-causes.sql.
WITH
    movements AS
    (
        SELECT
            any(cdr.account) AS customer,
            any(clearing_account) AS vendor,
            any(agent_account) AS agent,
            count() AS calls,
            sum(customer_fee) AS charged,
            sum(vendor_fee) AS credited,
            sum(agent_fee) AS earned
        FROM tandem.cdr FINAL
        WHERE started_at >= {from:DateTime64(3, 'UTC')} AND started_at < {to:DateTime64(3, 'UTC')}
            AND ended_at < {to:DateTime64(3, 'UTC')}
        GROUP BY cityHash64(
            cityHash64(cdr.account), cityHash64(clearing_account), cityHash64(agent_account)
        )
    ),
    parties AS
    (
        SELECT
            arrayJoin(
                [(customer, 'charged'), (vendor, 'credited'), (agent, 'earned')]
            ) AS party,
            party.1 AS account,
            if(party.2 = 'charged', movements.calls, 0) AS calls,
            if(party.2 = 'charged', movements.charged, toDecimal128(0, 9)) AS charged,
            if(party.2 = 'credited', movements.credited, toDecimal128(0, 9)) AS credited,
            if(party.2 = 'earned', movements.earned, toDecimal128(0, 9)) AS earned
        FROM movements
    )
SELECT
    account,
    sum(parties.calls) AS calls,
    sum(parties.charged) AS charged,
    sum(parties.credited) AS credited,
    sum(parties.earned) AS earned,
    credited + earned - charged AS movement,
    CAST(NULL AS Nullable(Decimal(38, 9))) AS balance
FROM parties
WHERE account != '' AND ({account:String} = '' OR account = {account:String})
GROUP BY account
ORDER BY account
SETTINGS do_not_merge_across_partitions_select_final = 1
