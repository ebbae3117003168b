import { z } from "zod";
import type { StalledSessions } from "../app/store.ts";
import type { Rpc } from "./rpc.ts";

export function createStalledSessions(rpc: Rpc): StalledSessions {
  return {
    list: (limit) => rpc.repeated("recover_stalled", { p_limit: limit }, z.array(z.string())),
  };
}
