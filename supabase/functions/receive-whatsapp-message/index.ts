import { deploy } from "../_shared/deployment.ts";
import { createReceiveHandler } from "./handler.ts";

Deno.serve(createReceiveHandler(deploy("receive-whatsapp-message", Deno.env.toObject())));
