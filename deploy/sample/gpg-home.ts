import { spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

/** Sockets of gpg-agent lie in the home and their names must fit 108 bytes (sun_path); `S.gpg-agent.browser` is the longest. */
const longestHome = 85;

export interface OpenedMessage {
  readonly clear: Buffer;
  /** Fingerprint of the key whose signature verified; undefined where that key is not in the home or the signature is bad. */
  readonly signedBy: string | undefined;
}

/** A GnuPG home of the sample's people: secret keys without passphrase. For a demonstration only. `stop()` leaves no agent behind. */
export class GpgHome {
  private constructor(
    private readonly home: string,
    private readonly link: string | undefined,
  ) {}

  /** Opens the folder as a GnuPG home, making it (mode 0700) if absent. */
  static async open(folder: string): Promise<GpgHome> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await chmod(folder, 0o700);
    if (folder.length <= longestHome) return new GpgHome(folder, undefined);
    const short = await mkdtemp(join(tmpdir(), 'gpg-'));
    await symlink(folder, join(short, 'home'));
    return new GpgHome(join(short, 'home'), short);
  }

  /** A signing key on Ed25519 with an encryption subkey on Curve25519, which GnuPG 2.2 and all others read. Gives the fingerprint. */
  async makeKey(userId: string, expires: string): Promise<string> {
    const { status } = await this.run([
      '--quick-generate-key',
      userId,
      'ed25519',
      'cert,sign',
      expires,
    ]);
    const fingerprint = /KEY_CREATED \S (\S+)/.exec(status)?.[1];
    if (fingerprint === undefined) throw new Error('gpg made no key');
    await this.run(['--quick-add-key', fingerprint, 'cv25519', 'encr', expires]);
    return fingerprint;
  }

  async exportKey(userId: string): Promise<string> {
    return (await this.run(['--armor', '--export', userId])).stdout.toString('utf8');
  }

  async importKey(armoured: string): Promise<void> {
    await this.run(['--import'], Buffer.from(armoured));
  }

  /** Opens a sealed mail file as it is: gpg finds the armour in it. Keys and signatures bear this machine's time, never the mesh's. */
  async decrypt(mail: Buffer): Promise<OpenedMessage> {
    const { stdout, status } = await this.run(['--decrypt'], mail, 'DECRYPTION_OKAY');
    return { clear: stdout, signedBy: /VALIDSIG (\S+)/.exec(status)?.[1] };
  }

  async stop(): Promise<void> {
    await new Promise((done) =>
      spawn('gpgconf', ['--homedir', this.home, '--kill', 'all'], { stdio: 'ignore' })
        .on('close', done)
        .on('error', done),
    );
    if (this.link !== undefined) await rm(this.link, { recursive: true, force: true });
  }

  /** @param enough a status line that makes a non-zero exit good enough (a signature that cannot be checked is not a failed decryption) */
  private async run(
    args: readonly string[],
    input?: Buffer,
    enough?: string,
  ): Promise<{ stdout: Buffer; status: string }> {
    const always = [
      '--homedir',
      this.home,
      '--batch',
      '--no-tty',
      '--yes',
      '--trust-model',
      'always',
      '--pinentry-mode',
      'loopback',
    ];
    const child = spawn('gpg', [...always, '--passphrase', '', '--status-fd', '2', ...args]);
    const failed = new Promise<never>((_resolve, reject) => child.once('error', reject));
    child.stdin.on('error', () => undefined); // it may end before it has read everything
    child.stdin.end(input);
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    const ended = new Promise<number | null>((done) => child.on('close', done));
    const [status, code] = await Promise.race([Promise.all([text(child.stderr), ended]), failed]);
    if (code !== 0 && (enough === undefined || !status.includes(enough)))
      throw new Error(
        `gpg ${args.find((arg) => arg.startsWith('--')) ?? ''} ended with ${code}: ${status.split('\n').at(-2) ?? ''}`,
      );
    return { stdout: Buffer.concat(chunks), status };
  }
}
