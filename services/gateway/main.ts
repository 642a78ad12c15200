import 'reflect-metadata';
import { createLogger } from '#libs/logging/create-logger.js';
import { startGateway } from './start-gateway.js';
import { readConfig } from './config.js';

const logger = createLogger({ service: 'gateway' });
try {
  // oxlint-disable-next-line node/no-process-env -- handed to config.ts, which alone reads it
  const config = readConfig(process.env);
  logger.level = config.LOG_LEVEL;
  const gateway = await startGateway(config, logger);
  process.on('SIGHUP', () => gateway.reloadParties());
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      gateway.stop().then(
        () => process.exit(0),
        (error: unknown) => {
          logger.error(error, 'stop failed');
          process.exit(1);
        },
      );
    });
  }
  logger.info({ event: 'ready', port: gateway.port }, 'gateway listens');
} catch (error) {
  logger.fatal(error, 'gateway cannot start');
  process.exitCode = 1;
}
