import {
  type KeyObject,
  createHash,
  createPrivateKey,
  createPublicKey,
  randomBytes,
} from 'node:crypto';

/*
 * Keys of signed notes (C2SP signed-note, Ed25519), as text: `<name>+<id>+<key>` for those who verify, `PRIVATE+KEY+<name>+<id>+<seed>` for the
 * one who signs. Name: neither spaces nor plus. Id: the first four bytes of a hash over name and key, in hex.
 */

const ed25519 = 0x01;
/** DER around 32 raw bytes: RFC 8410. */
const publicPrefix = Buffer.from('302a300506032b6570032100', 'hex');
const privatePrefix = Buffer.from('302e020100300506032b657004220420', 'hex');

export interface NoteVerifier {
  readonly name: string;
  readonly id: Buffer;
  readonly key: KeyObject;
}

export interface NoteSigner extends NoteVerifier {
  readonly secret: KeyObject;
}

/** The name of a key that nobody chose another for: a deployment that is audited has a name of its own. It is the log's origin. */
export const evidenceOrigin = 'example.org/throughcare-evidence';

/** A new key. The first text is secret. */
export function newNoteKey(name: string): {
  readonly signerKey: string;
  readonly verifierKey: string;
} {
  const seed = randomBytes(32);
  const raw = publicBytes(createPublicKey(secretOf(seed)));
  const id = keyId(name, raw).toString('hex');
  const text = (bytes: Buffer): string =>
    `${name}+${id}+${Buffer.concat([Buffer.of(ed25519), bytes]).toString('base64')}`;
  if (!isKeyName(name)) throw new RangeError('a key name has neither spaces nor plus');
  return { signerKey: `PRIVATE+KEY+${text(seed)}`, verifierKey: text(raw) };
}

/** @throws RangeError where it is no Ed25519 verifier key, or its id is not that of its key */
export function readVerifierKey(text: string): NoteVerifier {
  const { name, id, bytes } = parts(text.trim());
  if (!keyId(name, bytes).equals(id)) throw new RangeError('the id of the key is not its own');
  return {
    name,
    id,
    key: createPublicKey({
      key: Buffer.concat([publicPrefix, bytes]),
      format: 'der',
      type: 'spki',
    }),
  };
}

/** @throws RangeError as above; never says what it was given */
export function readSignerKey(text: string): NoteSigner {
  const prefix = 'PRIVATE+KEY+';
  if (!text.startsWith(prefix)) throw new RangeError('not a signer key');
  const { name, id, bytes } = parts(text.slice(prefix.length).trim());
  const secret = secretOf(bytes);
  const key = createPublicKey(secret);
  if (!keyId(name, publicBytes(key)).equals(id))
    throw new RangeError('the id of the key is not its own');
  return { name, id, key, secret };
}

/** The text that others verify this signer's notes with. */
export const verifierKeyOf = ({ name, id, key }: NoteVerifier): string =>
  `${name}+${id.toString('hex')}+${Buffer.concat([Buffer.of(ed25519), publicBytes(key)]).toString('base64')}`;

export const isKeyName = (name: string): boolean => name !== '' && !/[\s+\p{Zs}]/u.test(name);

function parts(text: string): { name: string; id: Buffer; bytes: Buffer } {
  const [, name = '', id = '', base64 = ''] =
    /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]{44})$/.exec(text) ?? [];
  const bytes = Buffer.from(base64, 'base64');
  if (!isKeyName(name) || bytes.length !== 33 || bytes[0] !== ed25519)
    throw new RangeError('not an Ed25519 key of signed notes');
  return { name, id: Buffer.from(id, 'hex'), bytes: bytes.subarray(1) };
}

const keyId = (name: string, key: Buffer): Buffer =>
  createHash('sha256')
    .update(`${name}\n`)
    .update(Buffer.of(ed25519))
    .update(key)
    .digest()
    .subarray(0, 4);

const secretOf = (seed: Buffer): KeyObject =>
  createPrivateKey({ key: Buffer.concat([privatePrefix, seed]), format: 'der', type: 'pkcs8' });

const publicBytes = (key: KeyObject): Buffer =>
  key.export({ format: 'der', type: 'spki' }).subarray(publicPrefix.length);
