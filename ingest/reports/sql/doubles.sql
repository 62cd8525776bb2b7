-- Whether every record of whole, settled hours is there once: rollups count each call and attempt
-- once, so that the numbers of rows are theirs when none waits to be merged with its double.
-- By minutes, as the tables are ordered: ClickHouse then counts from its index alone.
SELECT
    (
        SELECT count() FROM tandem.cdr
        WHERE toStartOfMinute(started_at) >= {fineFrom:DateTime('UTC')}
            AND toStartOfMinute(started_at) < {fineTo:DateTime('UTC')}
    ) = (SELECT sum(calls) FROM ({{customer-traffic}}))
    AND
    (
        SELECT count() FROM tandem.cdr_attempt
        WHERE toStartOfMinute(started_at) >= {fineFrom:DateTime('UTC')}
            AND toStartOfMinute(started_at) < {fineTo:DateTime('UTC')}
    ) = (SELECT sum(attempts) FROM ({{attempt-traffic}})) AS none
SETTINGS do_not_merge_across_partitions_select_final = 1
