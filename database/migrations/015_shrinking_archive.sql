-- Payloads that were erased go from their segment of the archive, too.
alter table archive_segments drop constraint archive_segments_payloads_check;
alter table archive_segments add constraint archive_segments_payloads_check check (payloads >= 0);  -- those that were erased are not counted

-- Only those of before have it: triggers.sql makes another in its place.
drop trigger if exists refuse_update on archive_segments;

insert into event_type_roles (event_type, role_name) values ('archive.mismatch', 'aura_auditor');
