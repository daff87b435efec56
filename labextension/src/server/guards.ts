/**
 * Guards that turn unknown JSON into typed values. Each throws a TypeError that names the field. And what is said of an
 * error, which may be anything.
 */

/** A JSON object. */
export type Json = { [key: string]: unknown };

/** What an error says, whatever was thrown. */
export function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The object itself. */
export function object(value: unknown, what: string): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new TypeError(`${what} is not an object`);
  }
  return { ...value };
}

/** A field that is a string. */
export function text(body: Json, name: string): string {
  const value = body[name];
  if (typeof value !== 'string') {
    throw new TypeError(`${name} is not a string`);
  }
  return value;
}

/** A field that is a number. */
export function number(body: Json, name: string): number {
  const value = body[name];
  if (typeof value !== 'number') {
    throw new TypeError(`${name} is not a number`);
  }
  return value;
}

/** A field that is one of the given strings. */
export function oneOf<T extends string>(
  body: Json,
  name: string,
  choices: readonly T[]
): T {
  const value = body[name];
  const found = choices.find(choice => choice === value);
  if (found === undefined) {
    throw new TypeError(`${name} is none of ${choices.join(', ')}`);
  }
  return found;
}

/** A field that is a list; what is in it is not looked at. */
export function list(body: Json, name: string): unknown[] {
  const value = body[name];
  if (!Array.isArray(value)) {
    throw new TypeError(`${name} is not a list`);
  }
  return value;
}

/** A field that is a list of strings. */
export function strings(body: Json, name: string): string[] {
  const value = list(body, name);
  if (!value.every(item => typeof item === 'string')) {
    throw new TypeError(`${name} does not hold strings alone`);
  }
  return value;
}

/** A field that is a number, or null. */
export function numberOrNull(body: Json, name: string): number | null {
  return body[name] === null ? null : number(body, name);
}
