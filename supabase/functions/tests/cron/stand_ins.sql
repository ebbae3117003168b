-- Supabase's Vault, which Debian has not.

create schema vault;
create table vault.decrypted_secrets (name text primary key, decrypted_secret text not null);
