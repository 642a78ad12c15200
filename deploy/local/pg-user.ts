import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { RunAs } from './launch-command.js';

/** PostgreSQL refuses to run as root. Debian's package makes the first; a server installed in another way may come without it. */
const CANDIDATES = ['postgres', 'nobody'];

/** Bits of the capability set that /proc/self/status shows (capabilities(7)). */
const CAP_DAC_OVERRIDE = 1n << 1n;
const CAP_DAC_READ_SEARCH = 1n << 2n;

interface Account {
  readonly uid: number;
  readonly gid: number;
}

function numberOf(flag: '-u' | '-g', user: string): number {
  return Number(
    execFileSync('id', [flag, user], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
  );
}

function accountOf(user: string): Account | undefined {
  try {
    return { uid: numberOf('-u', user), gid: numberOf('-g', user) };
  } catch {
    return undefined;
  }
}

/** Whether an account with no groups but its own may pass through a folder with this owner and mode. */
export function maySearch(
  folder: { readonly uid: number; readonly gid: number; readonly mode: number },
  account: Account,
): boolean {
  if (folder.uid === account.uid) return (folder.mode & 0o100) !== 0;
  if (folder.gid === account.gid) return (folder.mode & 0o010) !== 0;
  return (folder.mode & 0o001) !== 0;
}

async function mayReach(dir: string, account: Account): Promise<boolean> {
  for (let folder = dirname(dir); ; folder = dirname(folder)) {
    if (!maySearch(await stat(folder), account)) return false;
    if (folder === dirname(folder)) return true;
  }
}

/** The capability to pass through folders of others that this process can hand on: the lesser one, if it has it. */
export function searchCapability(status: string): RunAs['capability'] {
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`);
  if ((effective & CAP_DAC_READ_SEARCH) !== 0n) return 'dac_read_search';
  return (effective & CAP_DAC_OVERRIDE) !== 0n ? 'dac_override' : undefined;
}

/**
 * As whom PostgreSQL runs, given where its folder is: undefined (as ourselves) unless we are root. A checkout may lie below a folder that only root
 * can enter (`mktemp -d` makes such); the server then gets one capability, to pass through it, and no other.
 */
export async function databaseUser(dir: string): Promise<RunAs | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const account = CANDIDATES.map(accountOf).find((found) => found !== undefined);
  if (account === undefined)
    throw new Error(
      'PostgreSQL does not run as root, and there is no user postgres: useradd --system postgres',
    );
  if (await mayReach(dir, account)) return account;
  return { ...account, capability: searchCapability(readFileSync('/proc/self/status', 'utf8')) };
}
