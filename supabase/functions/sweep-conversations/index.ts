import { deploy } from "../_shared/deployment.ts";
import { createSweepHandler } from "./handler.ts";

const deployment = deploy("sweep-conversations", Deno.env.toObject());

// Two thirds of the interval, so that one tick is done before the next; and no more than a worker lives (150 s and longer).
const budgetMs = Math.min(deployment.config.SWEEP_SECONDS * 1000 * 2 / 3, 100_000);

Deno.serve(createSweepHandler({ ...deployment, concurrency: 8, budgetMs }));
