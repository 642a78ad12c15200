import { watch } from 'node:fs';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What the SMTP dialogue said about a mail (RFC 5321, and RFC 3461 for delivery status notifications). */
export interface MailEnvelope {
  readonly from: string;
  readonly to: readonly string[];
  /** What the sender called itself in EHLO. */
  readonly helo: string;
  readonly tls: boolean;
  readonly envid: string | null;
  readonly ret: string | null;
  /** NOTIFY of each recipient, in their order. */
  readonly notify: readonly (readonly string[])[];
}

export interface ReceivedMail extends MailEnvelope {
  /** Counts up from 1 over the folder's whole life. */
  readonly seq: number;
  readonly file: string;
  /** RFC 3339. */
  readonly receivedAt: string;
  /** The message, byte for byte as it came, dot-stuffing removed. */
  readonly raw: Buffer;
}

/** `000007-20260302T091500123Z.eml`: sorts by arrival, and holds nothing of the mail. */
export function mailFileName(seq: number, receivedAt: Date): string {
  return `${String(seq).padStart(6, '0')}-${receivedAt.toISOString().replaceAll(/[-:.]/g, '')}.eml`;
}

/** The number in a file name of `mailFileName`, or undefined for any other file. */
export function mailNumber(fileName: string): number | undefined {
  const match = /^(\d{6,})-\d{8}T\d{9}Z\.eml$/.exec(fileName);
  return match === null ? undefined : Number(match[1]);
}

async function mailFiles(dir: string): Promise<readonly string[]> {
  const names = await readdir(dir);
  return names
    .filter((name) => mailNumber(name) !== undefined)
    .sort((a, b) => (mailNumber(a) ?? 0) - (mailNumber(b) ?? 0));
}

/** The number of the last mail in the folder, which is made if absent; 0 if there is none. */
export async function lastMailNumber(dir: string): Promise<number> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  return mailNumber((await mailFiles(dir)).at(-1) ?? '') ?? 0;
}

/** Writes `<name>.json`, then `<name>.eml`: whoever sees the mail finds it whole, its envelope beside it. */
export async function keepMail(dir: string, mail: Omit<ReceivedMail, 'file'>): Promise<void> {
  const { raw, ...envelope } = mail;
  const file = join(dir, mailFileName(mail.seq, new Date(mail.receivedAt)));
  await writeFile(file.replace(/\.eml$/, '.json'), `${JSON.stringify(envelope, null, 2)}\n`, {
    mode: 0o600,
  });
  await writeFile(`${file}.new`, raw, { mode: 0o600, flush: true });
  await rename(`${file}.new`, file);
}

async function readMail(file: string): Promise<ReceivedMail> {
  const [envelope, raw] = await Promise.all([
    readFile(file.replace(/\.eml$/, '.json'), 'utf8'),
    readFile(file),
  ]);
  return { ...(JSON.parse(envelope) as Omit<ReceivedMail, 'file' | 'raw'>), file, raw };
}

/** All mails of the folder that came after number `after`, in order of arrival. */
export async function readMails(dir: string, after = 0): Promise<readonly ReceivedMail[]> {
  const files = (await mailFiles(dir)).filter((name) => (mailNumber(name) ?? 0) > after);
  return Promise.all(files.map((name) => readMail(join(dir, name))));
}

/**
 * The first mail of the folder that the predicate accepts, there already or yet to come, whichever process receives it.
 * Rejects after `withinMs` (default 10 s).
 */
export async function waitForMail(
  dir: string,
  accepts: (mail: ReceivedMail) => boolean,
  options: { readonly withinMs?: number; readonly after?: number } = {},
): Promise<ReceivedMail> {
  const withinMs = options.withinMs ?? 10_000;
  const deadline = AbortSignal.timeout(withinMs);
  let seen = options.after ?? 0;
  let changed = (): void => undefined;
  const watcher = watch(dir, () => changed()); // before the first look, so that nothing falls between
  try {
    for (;;) {
      const change = new Promise<void>((resolve) => (changed = resolve));
      const mails = await readMails(dir, seen);
      const found = mails.find(accepts);
      if (found !== undefined) return found;
      seen = mails.at(-1)?.seq ?? seen;
      await Promise.race([
        change,
        expired(deadline, `no such mail came within ${withinMs} ms (${seen} in the folder)`),
      ]);
    }
  } finally {
    watcher.close();
  }
}

function expired(deadline: AbortSignal, message: string): Promise<never> {
  return new Promise((_resolve, reject) => {
    const fail = () => reject(new Error(message));
    if (deadline.aborted) fail();
    else deadline.addEventListener('abort', fail, { once: true });
  });
}
