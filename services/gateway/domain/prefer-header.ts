/** The longest that an answer is waited for, in seconds. */
export const maxWaitSeconds = 30;

/**
 * The seconds of `Prefer: wait=N` (RFC 7240, section 4.3), at most 30, or undefined where there is no such preference. A preference that
 * cannot be read is ignored (section 2), and of several the first counts. Repeated header lines come joined by commas.
 */
export function preferredWaitSeconds(header: string | undefined): number | undefined {
  for (const preference of (header ?? '').split(',')) {
    const [token = ''] = preference.split(';');
    const match = /^\s*wait\s*=\s*(?:"(\d{1,9})"|(\d{1,9}))\s*$/i.exec(token);
    if (match !== null) return Math.min(maxWaitSeconds, Number(match[1] ?? match[2]));
  }
  return undefined;
}
