import { deploy } from "../_shared/deployment.ts";
import { createStatusHandler } from "./handler.ts";

Deno.serve(createStatusHandler(deploy("message-status", Deno.env.toObject())));
