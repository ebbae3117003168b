/** The tenant of `seed.sql`. */
export const demo = {
  sender: "whatsapp:+14155238886",
  accountSid: "AC00000000000000000000000000000001",
  authToken: "local-auth-token",
} as const;
