import type { PoolClient } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';

/** A value of one column: text as PostgreSQL reads that type, bytes (as they are, or in hex), or null. */
export type CopyValue = string | number | boolean | Uint8Array | HexBytes | null | undefined;

export interface HexBytes {
  readonly hex: string;
}

/**
 * Writes rows by `COPY … FROM STDIN`, which costs the server half of what an insert of the same rows does. Where a row cannot be written none
 * is, and the transaction is broken.
 *
 * @param columns of the table, in the order of each row's values; no input of anybody's
 * @throws DatabaseError
 */
export async function copyRows(
  db: PoolClient,
  into: { readonly table: string; readonly columns: readonly string[] },
  rows: readonly (readonly CopyValue[])[],
): Promise<void> {
  if (rows.length === 0) return;
  const stream = db.query(copyFrom(`copy ${into.table} (${into.columns.join(', ')}) from stdin`));
  await new Promise<void>((resolve, reject) => {
    stream.once('finish', resolve);
    stream.once('error', reject);
    stream.end(copyText(rows));
  });
}

/** PostgreSQL's text format of COPY: a line a row, tabs between values, `\N` for null. */
function copyText(rows: readonly (readonly CopyValue[])[]): string {
  let text = '';
  for (const row of rows) {
    let between = '';
    for (const value of row) {
      text += between + field(value);
      between = '\t';
    }
    text += '\n';
  }
  return text;
}

function field(value: CopyValue): string {
  if (value === null || value === undefined) return nullText;
  if (typeof value === 'string')
    return special.test(value)
      ? value.replaceAll(everySpecial, (found) => escapes[found] ?? found)
      : value;
  // Of bytea's own format the backslash is escaped once more.
  if (typeof value === 'object')
    return (
      bytesStart +
      ('hex' in value
        ? value.hex
        : Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex'))
    );
  return String(value);
}

const nullText = String.raw`\N`;
const bytesStart = String.raw`\\x`;

const special = /[\\\n\r\t]/;
const everySpecial = /[\\\n\r\t]/g;
const escapes: Readonly<Record<string, string>> = {
  '\\': String.raw`\\`,
  '\n': String.raw`\n`,
  '\r': String.raw`\r`,
  '\t': String.raw`\t`,
};
