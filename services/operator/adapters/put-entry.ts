import { localDate } from '#libs/contracts/form-fields.js';
import { MeshError } from '#libs/contracts/mesh-error.js';
import type { MeshDesk, OperatorMessage } from '../domain/mesh-desk.js';

/** Puts an entry of the directory and waits for the guard. @throws MeshError `config-invalid` where the guard does not take it */
export async function putEntry(desk: MeshDesk, message: OperatorMessage): Promise<void> {
  const sent = await desk.send(message);
  const last = (await desk.verdict(sent)).records.at(-1);
  if (last?.verdict !== 'cleared')
    throw new MeshError(
      'config-invalid',
      `not taken: ${last?.detail ?? last?.reason ?? 'undecided'}`,
    );
}

/** @throws MeshError `config-invalid` that names the option */
export function readDay(option: string, text: string): string {
  const read = localDate.safeParse(text);
  if (read.success) return read.data;
  throw new MeshError('config-invalid', `${option} must be a day as YYYY-MM-DD`);
}
