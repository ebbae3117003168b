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
  21654: { status: 400, message: "ContentSid Required" },
  21655: { status: 400, message: "The ContentSid is Invalid" },
  21656: { status: 400, message: "The ContentVariables Parameter is invalid" },
  21701: { status: 400, message: "The Messaging Service does not exist" },
  21705: { status: 400, message: "The Messaging Service is invalid" },
  21730: { status: 400, message: "System under maintenance. Please try again later." },
  21910: {
    status: 400,
    message: "Invalid 'From' and 'To' pair. 'From' and 'To' should be of the same channel",
  },
  63007: { status: 400, message: "Twilio could not find a Channel with the specified From address" },
  63016: {
    status: 400,
    message:
      "Failed to send freeform message because you are outside the allowed window. Please use a Template.",
  },
  63021: { status: 400, message: "Channel invalid content error" },
  63018: { status: 429, message: "Rate limit exceeded for Channel" },
  63024: { status: 400, message: "Invalid message recipient" },
  63038: { status: 429, message: "Account exceeded the daily messages limit" },
};

/** The error body of Twilio's REST API: `{ code, message, more_info, status }`; with the code's own status unless told. */
export function twilioError(
  code: number,
  options: { status?: number; headers?: Record<string, string> } = {},
): HttpAnswer {
  const { status: usual, message } = known[code] ?? { status: 400, message: `Error ${code}` };
  const { status = usual, headers = {} } = options;
  return jsonAnswer(
    status,
    { code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status },
    headers,
  );
}
