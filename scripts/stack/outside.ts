import { demo } from "./demo.ts";
import { publicFunctionsUrl } from "./functions/environment.ts";
import type { Announced } from "./events/part_log.ts";
import type { StackSettings } from "./settings.ts";
import { type ScriptedModel, startScriptedModel } from "./model/scripted_model.ts";
import { startTwilioSimulator, type TwilioSimulator } from "./twilio/simulator.ts";
import type { Teardown } from "./processes/teardown.ts";

/** The two services that Recado talks to: simulated here, unless the settings name the real ones. */
export interface Outside {
  twilio: TwilioSimulator | null;
  twilioUrl: string;
  model: ScriptedModel | null;
  /** Null: OpenAI itself. */
  openaiUrl: string | null;
}

export async function startOutside(
  settings: StackSettings,
  gateway: string,
  { teardown, announced }: { teardown: Teardown; announced: Announced },
): Promise<Outside> {
  const { twilioApiBaseUrl, openaiBaseUrl, openaiApiKey } = settings;
  const [twilio, model] = await Promise.all([
    twilioApiBaseUrl !== null ? null : announced(
      "Twilio simulator",
      teardown.own(simulatedTwilio(settings, gateway), (part) => part.stop()),
      ({ url }) => url,
    ),
    openaiBaseUrl !== null || openaiApiKey !== null ? null : announced(
      "scripted model",
      teardown.own(startScriptedModel({ delayMs: settings.modelDelayMs }), (part) => part.stop()),
      ({ url }) => url,
    ),
  ]);
  return {
    twilio,
    twilioUrl: twilioApiBaseUrl ?? twilio?.url ?? "",
    model,
    openaiUrl: openaiBaseUrl ?? model?.url ?? null,
  };
}

function simulatedTwilio(settings: StackSettings, gateway: string): Promise<TwilioSimulator> {
  return startTwilioSimulator({
    accountSid: settings.twilioAccountSid ?? demo.accountSid,
    authToken: settings.twilioAuthToken ?? demo.authToken,
    sender: demo.sender,
    // As the README tells users of the real Twilio to set it.
    webhookUrl: `${publicFunctionsUrl(settings, gateway)}/receive-whatsapp-message#rc=3&rp=ct,rt,5xx`,
    logFile: `${settings.dataDir}/twilio.jsonl`,
  });
}
