/** Error texts of Twilio, proxies and the platform go into logs and rows: without secrets and whole phone numbers. */
export function redact(text: string, secrets: readonly string[]): string {
  const withoutSecrets = secrets
    .filter((secret) => secret !== "")
    .reduce((clean, secret) => clean.replaceAll(secret, "[redacted]"), text);
  return withoutSecrets
    .replace(/(?<![0-9A-Za-z])\+?\d{4,}(?=\d{4}(?![0-9A-Za-z]))/g, "…")
    .slice(0, 300);
}
