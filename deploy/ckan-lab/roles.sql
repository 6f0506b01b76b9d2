-- What the bot's two database roles may do in CKAN's database, and no more: `up` runs this on the seeded database,
-- `reset` copies the rights with it. Run it for a real CKAN as the owner of its tables, with passwords of your own.
-- The e-mail address is the only thing of an account that is not public; password, API key and reset key stay out.

GRANT USAGE ON SCHEMA public TO chatops_read;
GRANT SELECT ON package, resource, "group", member TO chatops_read;
GRANT SELECT ON harvest_source, harvest_job, harvest_object, harvest_gather_error, harvest_object_error TO chatops_read;
GRANT SELECT (id, name, fullname, email, state, sysadmin, created) ON "user" TO chatops_read;
-- A table of its own until CKAN 2.11.
DO $$ BEGIN
  IF to_regclass('package_extra') IS NOT NULL THEN GRANT SELECT ON package_extra TO chatops_read; END IF;
END $$;

-- Restoring a dataset: its state, and its places in publishers and groups.
GRANT chatops_read TO chatops_write;
GRANT UPDATE (state) ON package TO chatops_write;
GRANT INSERT, UPDATE (state, capacity) ON member TO chatops_write;
-- Ending a stuck harvest: the job and what it left unfinished.
GRANT UPDATE (status, finished) ON harvest_job TO chatops_write;
GRANT UPDATE (state, report_status, current) ON harvest_object TO chatops_write;
