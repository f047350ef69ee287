-- Where a run has no acceptance suite because tests judge nothing in it, its head is put before the Auditor once all the same.
create unique index verification_requests_untested_assembly_once on verification_requests
  (run_id, base_revision_id, retry) where kind = 'assembly' and suite_id is null;
