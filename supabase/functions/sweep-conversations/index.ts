import { deploy } from "../_shared/deployment.ts";
import { createSweepHandler } from "./handler.ts";

const deployment = deploy("sweep-conversations", Deno.env.toObject());

// Two thirds of the interval: ticks may overlap, and seldom do.
const budgetMs = deployment.config.SWEEP_SECONDS * 1000 * 2 / 3;

Deno.serve(createSweepHandler({ ...deployment, concurrency: 8, budgetMs }));
