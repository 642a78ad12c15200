import { createHash } from 'node:crypto';
import canonicalizeModule from 'canonicalize';
import { MeshError } from '#libs/contracts/mesh-error.js';

// The package is CommonJS and its types describe an ES module: what its types call `default` is the function itself.
const canonicalize = canonicalizeModule as unknown as (value: unknown) => string | undefined;

/**
 * Is it the same message? SHA-256, 64 lower-case hex digits, over the canonical JSON (RFC 8785) of the parsed message as it was sent:
 * before defaults, trimming or anything else that reading adds. White space and the order of fields make no other message. The gateway sends
 * messages in this form, so that a repeated id is judged alike at the edge and on the road.
 *
 * @param message a parsed JSON value
 * @throws MeshError `malformed-message` for what has no canonical form: nested beyond the stack, a number out of range, or not JSON
 */
export function messageDigest(message: unknown): string {
  return createHash('sha256').update(canonicalText(message)).digest('hex');
}

/**
 * The canonical JSON (RFC 8785) of a message: what the gateway puts on the road, so that the guard has the same digest by hashing the bytes as
 * they came. @throws MeshError `malformed-message`, as above.
 */
export function canonicalText(message: unknown): string {
  try {
    const text = nativeText(message) ?? canonicalize(message);
    if (text !== undefined) return text;
  } catch (error) {
    throw new MeshError(
      'malformed-message',
      'the message is nested too deeply, or holds a number out of range',
      { cause: error },
    );
  }
  throw new MeshError('malformed-message', 'the message is not JSON');
}

/**
 * The canonical form is `JSON.stringify` of an object whose fields are in order: several times faster than the library, to which is left
 * whatever cannot be brought in order in memory, or is no plain JSON.
 */
function nativeText(message: unknown): string | undefined {
  if (isOrdered(message)) return JSON.stringify(message);
  const ordered = inOrder(message);
  return ordered === notPlain ? undefined : JSON.stringify(ordered);
}

const notPlain = Symbol('not plain');
/** Such keys an object keeps first, in numeric order; and one sets the prototype. */
const strayKey = /^\d|^__proto__$/;

/** Plain JSON in order already, as what is made to be written so is; nothing is copied then. */
function isOrdered(value: unknown): boolean {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object') return false;
  if (Array.isArray(value)) return value.every(isOrdered);
  if (Object.getPrototypeOf(value) !== Object.prototype) return false;
  let before = '';
  for (const key of Object.keys(value)) {
    if (
      key < before ||
      strayKey.test(key) ||
      key === 'toJSON' ||
      !isOrdered((value as Readonly<Record<string, unknown>>)[key])
    )
      return false;
    before = key;
  }
  return true;
}

function inOrder(value: unknown): unknown {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : notPlain;
  if (typeof value !== 'object') return notPlain;
  if (Array.isArray(value)) {
    const items = value.map(inOrder);
    return items.includes(notPlain) ? notPlain : items;
  }
  if (Object.getPrototypeOf(value) !== Object.prototype) return notPlain;
  const fields = value as Readonly<Record<string, unknown>>;
  const ordered: Record<string, unknown> = {};
  for (const key of Object.keys(fields).toSorted()) {
    if (fields[key] === undefined) continue;
    const field = strayKey.test(key) || key === 'toJSON' ? notPlain : inOrder(fields[key]);
    if (field === notPlain) return notPlain;
    ordered[key] = field;
  }
  return ordered;
}
