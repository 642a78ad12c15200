import { execFile, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What a reader's program made of a sealed message. */
export interface Opened {
  readonly clear: string;
  /** Fingerprint (upper-case hex) of the key whose signature verified, or undefined where none did. */
  readonly signedBy: string | undefined;
}

/** A reader with GnuPG: a keyring of its own, gone with `stop()`. */
export class OpenpgpHome {
  private constructor(readonly directory: string) {}

  static async make(): Promise<OpenpgpHome> {
    return new OpenpgpHome(await mkdtemp(join(tmpdir(), 'tc-gpg-')));
  }

  async gpg(args: readonly string[], input = ''): Promise<{ stdout: string; status: string }> {
    const all = [
      '--homedir',
      this.directory,
      '--batch',
      '--no-tty',
      '--yes',
      '--pinentry-mode',
      'loopback',
      '--passphrase',
      '',
      '--status-fd',
      '2',
    ];
    const child = spawn('gpg', [...all, ...args]);
    child.stdin.on('error', () => undefined).end(input); // gpg may end before it has read what it does not need
    const [stdout, status, code] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      new Promise<number | null>((done) => child.on('close', done)),
    ]);
    if (code !== 0) throw new Error(`gpg ${args.join(' ')} ended with ${code}: ${status}`);
    return { stdout, status };
  }

  /** `algorithm` as `--quick-generate-key` takes it, `default` makes a signing key with an encryption subkey. Gives the fingerprint. */
  async makeKey(address: string, algorithm = 'future-default', expires = '2y'): Promise<string> {
    const usage = algorithm === 'default' || algorithm === 'future-default' ? 'default' : 'sign';
    const { status } = await this.gpg([
      '--quick-generate-key',
      `Test Reader <${address}>`,
      algorithm,
      usage,
      expires,
    ]);
    return /KEY_CREATED \S (\S+)/.exec(status)?.[1] ?? '';
  }

  async addSubkey(fingerprint: string, algorithm: string, expires = '2y'): Promise<void> {
    await this.gpg(['--quick-add-key', fingerprint, algorithm, 'encr', expires]);
  }

  async exportKey(fingerprint: string): Promise<string> {
    return (await this.gpg(['--armor', '--export', fingerprint])).stdout;
  }

  async exportSecretKey(fingerprint: string): Promise<string> {
    return (await this.gpg(['--armor', '--export-secret-keys', fingerprint])).stdout;
  }

  async importKey(armored: string): Promise<void> {
    await this.gpg(['--import'], armored);
  }

  async decrypt(armored: string): Promise<Opened> {
    const { stdout, status } = await this.gpg(['--decrypt'], armored);
    return { clear: stdout, signedBy: /VALIDSIG (\S+)/.exec(status)?.[1] };
  }

  async stop(): Promise<void> {
    await run('gpgconf', ['--homedir', this.directory, '--kill', 'all']).catch(() => undefined);
    await rm(this.directory, { recursive: true, force: true });
  }
}

/** Opens a message with RNP, the library family that Thunderbird uses. */
export async function openWithRnp(
  armored: string,
  secretKey: string,
  senderKey: string,
): Promise<Opened> {
  const directory = await mkdtemp(join(tmpdir(), 'tc-rnp-'));
  try {
    const file = (name: string): string => join(directory, name);
    await Promise.all([
      writeFile(file('secret'), secretKey),
      writeFile(file('sender'), senderKey),
      writeFile(file('message'), armored),
    ]);
    for (const key of ['secret', 'sender'])
      await run('rnpkeys', ['--homedir', directory, '--import', file(key)]);
    const { stdout, stderr } = await run('rnp', [
      '--homedir',
      directory,
      '--password',
      '',
      '--decrypt',
      file('message'),
      '--output',
      '-',
    ]);
    const good = /Good signature made .*\n.*using \S+ key ([0-9a-f]+)/i.exec(stderr);
    return { clear: stdout, signedBy: good?.[1]?.toUpperCase() };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Opens a message with Sequoia's stateless `sqop`. */
export async function openWithSequoia(
  armored: string,
  secretKey: string,
  senderKey: string,
): Promise<Opened> {
  const directory = await mkdtemp(join(tmpdir(), 'tc-sqop-'));
  try {
    const file = (name: string): string => join(directory, name);
    await Promise.all([writeFile(file('secret'), secretKey), writeFile(file('sender'), senderKey)]);
    const child = spawn('sqop', [
      'decrypt',
      '--verifications-out',
      file('report'),
      '--verify-with',
      file('sender'),
      '--',
      file('secret'),
    ]);
    child.stdin.end(armored);
    const clear = await text(child.stdout);
    return {
      clear,
      signedBy: /^\S+ ([0-9A-F]{40})/m.exec(await readFile(file('report'), 'utf8'))?.[1],
    };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
