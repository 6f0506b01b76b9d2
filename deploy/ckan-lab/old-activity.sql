-- Makes CKAN 2.10.7 answer 500 to a package_delete that it has carried out. Run it as
--     psql <database> -v dataset=<slug> -f old-activity.sql
-- CKAN's activity plugin looks for an activity of type `deleted`; what it writes itself is `deleted package`, so such
-- a row comes from elsewhere. Where there is one, it has no activity to add, adds that nothing to the session after
-- the delete was committed, and fails. Private datasets are left out before it looks, and later versions have mended it.
INSERT INTO activity (id, timestamp, user_id, object_id, activity_type, data)
SELECT gen_random_uuid()::text, timestamp '2014-01-01', creator_user_id, id, 'deleted', '{}'
FROM package WHERE name = :'dataset'
RETURNING object_id;
