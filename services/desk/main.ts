import 'reflect-metadata';
import { createLogger } from '#libs/logging/create-logger.js';
import { readConfig } from './config.js';
import { startDesk } from './start-desk.js';

const logger = createLogger({ service: 'desk' });
try {
  // oxlint-disable-next-line node/no-process-env -- handed to config.ts, which alone reads it
  const config = readConfig(process.env);
  logger.level = config.LOG_LEVEL;
  const desk = await startDesk(config, logger);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      desk.stop().then(
        () => process.exit(0),
        (error: unknown) => {
          logger.error(error, 'stop failed');
          process.exit(1);
        },
      );
    });
  }
  logger.info({ event: 'ready', port: desk.port }, 'desk listens');
} catch (error) {
  logger.fatal(error, 'desk cannot start');
  process.exit(1);
}
