import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { MeshError } from '#libs/contracts/mesh-error.js';

/**
 * Lets the server itself read a configuration, without starting it (`nats-server -t`).
 *
 * @param env must hold the variable of the store's key
 * @throws MeshError `config-invalid` with what the server said
 */
export async function checkBrokerConfig(
  configFile: string,
  env: NodeJS.ProcessEnv,
  binary = 'nats-server',
): Promise<void> {
  try {
    await promisify(execFile)(binary, ['-t', '-c', configFile], { env, timeout: 20_000 });
  } catch (error) {
    const said = (error as { stderr?: string }).stderr?.trim() ?? '';
    throw new MeshError(
      'config-invalid',
      `nats-server refuses ${configFile}: ${said || 'it could not be run'}`,
      { cause: error },
    );
  }
}
