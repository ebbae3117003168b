import { type HttpAnswer, jsonAnswer } from "../http/http_server.ts";

/** Status and message of the errors that the simulator answers (https://www.twilio.com/docs/api/errors). */
const known: Record<number, { status: number; message: string }> = {
  20003: { status: 401, message: "Authenticate" },
  20404: { status: 404, message: "The requested resource was not found" },
  20429: { status: 429, message: "Too Many Requests" },
  20500: { status: 500, message: "Internal Server Error" },
  20503: { status: 503, message: "Service unavailable" },
  21211: { status: 400, message: "Invalid 'To' Phone Number" },
  21603: { status: 400, message: "A 'From' phone number is required." },
  21604: { status: 400, message: "A 'To' phone number is required." },
  21610: { status: 400, message: "Attempt to send to unsubscribed recipient" },
  21617: { status: 400, message: "The concatenated message body exceeds the 1600 character limit" },
  21619: { status: 400, message: "A text message body or media urls must be specified." },
  63007: { status: 400, message: "Twilio could not find a Channel with the specified From address" },
  63016: {
    status: 400,
    message:
      "Failed to send freeform message because you are outside the allowed window. Please use a Template.",
  },
  63018: { status: 429, message: "Rate limit exceeded for Channel" },
  63024: { status: 400, message: "Invalid message recipient" },
};

/** The error body of Twilio's REST API: `{ code, message, more_info, status }`. */
export function twilioError(code: number, headers: Record<string, string> = {}): HttpAnswer {
  const { status, message } = known[code] ?? { status: 400, message: `Error ${code}` };
  return jsonAnswer(
    status,
    { code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status },
    headers,
  );
}
