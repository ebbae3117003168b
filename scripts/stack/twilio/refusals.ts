/** What an account may send from. */
export interface SendingAccount {
  sender: string;
  /** Its Messaging Services, all with the sender in their pool; null: any that is well formed. */
  messagingServiceSids: readonly string[] | null;
}

/**
 * The code of what Twilio refuses in a new message, null for what it takes
 * (https://www.twilio.com/docs/messaging/api/message-resource#create-a-message-resource, and each code's page).
 */
export function refusalOf(form: URLSearchParams, account: SendingAccount): number | null {
  return addressRefusal(form) ?? serviceRefusal(form, account) ?? contentRefusal(form) ??
    senderRefusal(form, account);
}

function addressRefusal(form: URLSearchParams): number | null {
  const to = form.get("To") ?? "";
  if (to === "") return 21604;
  if (!form.get("From") && !form.get("MessagingServiceSid")) return 21603;
  if (/^\+?\d+$/.test(to)) return 21910;
  return /^whatsapp:(\+[1-9]\d{6,14}|[A-Z]{2}\.\w+)$/.test(to) ? null : 21211;
}

function serviceRefusal(form: URLSearchParams, { messagingServiceSids }: SendingAccount): number | null {
  const service = form.get("MessagingServiceSid");
  if (!service) return null;
  if (!/^MG[0-9a-f]{32}$/i.test(service)) return 21705;
  return messagingServiceSids === null || messagingServiceSids.includes(service) ? null : 21701;
}

/** A service's sender has to be ours too: the pool is the account's. */
function senderRefusal(form: URLSearchParams, { sender }: SendingAccount): number | null {
  const from = form.get("From");
  return from && from !== sender ? 63007 : null;
}

function contentRefusal(form: URLSearchParams): number | null {
  const body = form.get("Body") ?? "";
  const contentSid = form.get("ContentSid") ?? "";
  const variables = form.get("ContentVariables") ?? "";
  if (body === "" && contentSid === "" && !form.get("MediaUrl")) return variables === "" ? 21619 : 21654;
  if (body.length > 1600) return 21617;
  if (contentSid === "") return variables === "" ? null : 21654;
  if (!/^HX[0-9a-f]{32}$/i.test(contentSid)) return 21655;
  return variables === "" ? null : variablesRefusal(variables);
}

/** 21656 for what a WhatsApp template cannot hold, 63021 for more than 1,024 characters together. */
function variablesRefusal(json: string): number | null {
  const values = valuesOf(json);
  if (values === null || values.some((value) => value.trim() === "" || /[\r\n\t]| {5}/.test(value))) {
    return 21656;
  }
  return values.reduce((length, value) => length + value.length, 0) > 1_024 ? 63021 : null;
}

/** Null for what is no JSON object of strings. */
function valuesOf(json: string): string[] | null {
  const parsed = parsedJson(json);
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) return null;
  const values: unknown[] = Object.values(parsed);
  return values.every((value): value is string => typeof value === "string") ? values : null;
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
