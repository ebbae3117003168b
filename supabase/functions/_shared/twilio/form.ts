import { AppError } from "../runtime/errors.ts";

/** The parameters of a Twilio webhook; one that came more than once keeps every value, in order of arrival. */
export type Params = Record<string, string | string[]>;

/** Twilio sends some forty; more than this is not Twilio and costs sorting before the signature is known. */
const maxParameters = 1_000;

/** Reads an `application/x-www-form-urlencoded` body whole: unknown, repeated and empty parameters are signed too. */
export function parseForm(body: string): Params {
  const params = new Map<string, string | string[]>();
  let count = 0;
  for (const [name, value] of new URLSearchParams(body)) {
    if (++count > maxParameters) {
      throw new AppError("too_many_parameters", `more than ${maxParameters} parameters`);
    }
    const known = params.get(name);
    if (known === undefined) params.set(name, value);
    else if (Array.isArray(known)) known.push(value);
    else params.set(name, [known, value]);
  }
  return Object.fromEntries(params);
}

/** PostgreSQL stores no NUL in a text. Only after the signature was checked: the NUL is signed. */
export function stripNul(params: Params): Params {
  const strip = (text: string) => text.replaceAll("\0", "");
  return Object.fromEntries(
    Object.entries(params).map(([name, value]) =>
      [strip(name), Array.isArray(value) ? value.map(strip) : strip(value)] as const
    ),
  );
}

/** The first value of a parameter; null when it is missing or empty. */
export function first(params: Params, name: string): string | null {
  const value = valuesOf(params, name)[0];
  return value === undefined || value === "" ? null : value;
}

/** A parameter that must be there, with one value of Twilio's form. AppError `missing_…` or `malformed_…` else. */
export function required(params: Params, name: string, format: RegExp): string {
  const code = name.replace(/(?<=[a-z])[A-Z]/g, "_$&").toLowerCase();
  const [value, ...others] = new Set(valuesOf(params, name));
  if (value === undefined || value === "") throw new AppError(`missing_${code}`, `no ${name}`);
  if (others.length > 0 || !format.test(value)) {
    throw new AppError(`malformed_${code}`, `${name} is not of Twilio's form`);
  }
  return value;
}

function valuesOf(params: Params, name: string): string[] {
  if (!Object.hasOwn(params, name)) return [];
  return [params[name] ?? []].flat();
}

/** Two letters that name the resource and 32 characters. */
export const sidFormat = /^[A-Z]{2}[0-9a-zA-Z]{32}$/;
export const accountSidFormat = /^AC[0-9a-zA-Z]{32}$/;
/** Addresses are opaque (`whatsapp:+1…`, `whatsapp:US.134…`); only what can be no address at all is refused. */
export const addressFormat = /^[^\s\p{Cc}]{1,256}$/u;
