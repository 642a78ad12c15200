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
    const text = canonicalize(message);
    if (text !== undefined) return text;
  } catch (error) {
    throw new MeshError('malformed-message', 'the message is nested too deeply, or holds a number out of range', { cause: error });
  }
  throw new MeshError('malformed-message', 'the message is not JSON');
}
