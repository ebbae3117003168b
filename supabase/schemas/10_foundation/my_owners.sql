-- The owners in which the person who is signed in has one of these roles.
create function private.my_owners(variadic p_roles text[] default array['admin', 'agent', 'user'])
returns setof uuid
language sql stable security definer set search_path = ''
as $$
  select u.owner_id
  from public.users u
  join public.owners o on o.id = u.owner_id
  where u.auth_id = auth.uid() and u.active and o.active and u.role = any (p_roles);
$$;
