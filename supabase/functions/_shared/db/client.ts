import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import type { Database } from "./database.types.ts";

/** supabase-js without sign-in. A new secret key is no JWT: it goes in `apikey` alone, never as Bearer. */
export function createDatabaseClient(url: string, key: string): SupabaseClient<Database> {
  return createClient<Database>(url, key, {
    auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false },
    global: {
      fetch: (input, init) => {
        const request = new Request(input, init);
        if (key.startsWith("sb_")) request.headers.delete("authorization");
        return fetch(request);
      },
    },
  });
}
