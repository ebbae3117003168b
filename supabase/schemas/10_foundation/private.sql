-- What PostgREST must not expose lives here.
create schema private;
