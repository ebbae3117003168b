-- Stops functions of the protocol between their statements, where a controller wants it.

create schema test_pause;

-- Actors that stop no more.
create unlogged table test_pause.let_go (actor integer primary key);

-- Waits until the controller frees this actor's next gate. A session without `test.actor` never stops. `p_locks` are the
-- tables of which the statement to come locks rows, `p_reads` those that it reads. Unless `test.grain` is 'statements', who has
-- locked the session stops at the commit only: nobody else can do anything about that session until then.
create function test_pause.at(p_function text, p_statement integer, p_locks text, p_reads text)
returns void
language plpgsql volatile set search_path = ''
as $$
declare
  v_actor constant integer := nullif(current_setting('test.actor', true), '');
  v_gate integer;
begin
  if v_actor is null or exists (select from test_pause.let_go l where l.actor = v_actor) then
    return;
  end if;
  if current_setting('test.grain', true) = 'locks' and p_function <> 'commit' then
    if current_setting('test.has_session', true) = 'yes' then
      return;
    end if;
    if p_locks ~ '\ysessions\y' then
      perform set_config('test.has_session', 'yes', true);
    end if;
  end if;
  -- A sequence counts on through a rollback.
  v_gate := nextval(format('test_pause.gate_%s', v_actor));
  raise notice using message = format('pause %s %s.%s %s;%s', v_gate, p_function, p_statement, p_locks, p_reads);
  perform pg_advisory_lock(v_actor, v_gate);
  perform pg_advisory_unlock(v_actor, v_gate);
end;
$$;
