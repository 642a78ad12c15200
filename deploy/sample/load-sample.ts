import { runOperator } from '#services/operator/run-operator.js';
import { sampleDirectoryPath } from './sample-directory.js';

export interface LoadSampleOptions {
  /** Of the operator's tool: how it reaches the mesh, with the key of `svc_ops`. */
  readonly env: Readonly<Record<string, string>>;
  /** Public keys of the people (`makeSampleKeys`). */
  readonly keysFolder: string;
}

/**
 * The sample's directory goes in by the operator's own tool, as production's does.
 * @throws Error with what the tool said, when it was not taken
 */
export async function loadSample({ env, keysFolder }: LoadSampleOptions): Promise<void> {
  const lines: string[] = [];
  const take = (line: string): void => void lines.push(line);
  const code = await runOperator(
    ['directory', 'apply', sampleDirectoryPath, '--keys', keysFolder],
    { env, out: take, err: take },
  );
  if (code !== 0) throw new Error(`the sample directory was not taken:\n${lines.join('\n')}`);
}
