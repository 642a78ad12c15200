import 'reflect-metadata';
import { setTimeout as delay } from 'node:timers/promises';
import { NestFactory } from '@nestjs/core';
import type { AsyncMicroserviceOptions } from '@nestjs/microservices';
import { createLogger } from '#libs/logging/create-logger.js';
import { NestLogger } from '#libs/logging/nest-logger.js';
import { InboxStrategy } from '#libs/nats/inbox-strategy.js';
import { RethrowFilter } from '#libs/nats/rethrow-filter.js';
import { NotifierServer } from './adapters/notifier.server.js';
import { readConfig } from './config.js';
import { NotifierModule } from './notifier.module.js';

const logger = createLogger({ service: 'notifier' });
/** What is not done by then is left as it is: the ledger knows how far each mail had come. */
const stopWithinMs = 10_000;

try {
  const config = readConfig();
  logger.level = config.logLevel;
  const app = await NestFactory.createMicroservice<AsyncMicroserviceOptions>(
    NotifierModule.with(config, logger),
    {
      logger: new NestLogger(logger),
      abortOnError: false,
      inject: [InboxStrategy],
      useFactory: (strategy: InboxStrategy) => ({ strategy }),
    },
  );
  app.useGlobalFilters(new RethrowFilter());
  const stop = (): void =>
    void Promise.race([app.close(), delay(stopWithinMs)]).finally(() => process.exit(0));
  process.once('SIGTERM', stop).once('SIGINT', stop);
  await app.listen();
  logger.info({ event: 'ready', port: app.get(NotifierServer).port }, 'ready');
} catch (err) {
  logger.fatal({ err }, 'the notifier cannot start');
  process.exit(1);
}
