-- Calls the sweep beside what a person did. Where it cannot be called, an address in the Vault that is none for instance, that is
-- a warning: what the person did stays done, and the schedule comes by itself. Nothing here may fail, nor tell a secret.
create function private.wake_sweep()
returns void
language plpgsql volatile set search_path = ''
as $$
begin
  perform private.call_sweep();
exception
  when others then
    raise warning 'The sweep could not be called (%): sweep_health says why.', sqlstate;
end;
$$;
