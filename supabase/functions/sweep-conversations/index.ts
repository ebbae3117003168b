import { deploy } from "../_shared/deployment.ts";
import { createSweepHandler } from "./handler.ts";

const deployment = deploy("sweep-conversations", Deno.env.toObject());

Deno.serve(createSweepHandler({ ...deployment, concurrency: 8, budgetMs: 20_000 }));
