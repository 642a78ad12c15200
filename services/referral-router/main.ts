import 'reflect-metadata';
import { env, exit } from 'node:process';
import { NestFactory } from '@nestjs/core';
import { createLogger } from '#libs/logging/create-logger.js';
import { NestLogger } from '#libs/logging/nest-logger.js';
import { readConfig } from './config.js';
import { ReferralRouterModule } from './referral-router.module.js';

let logger = createLogger({ service: 'referral-router' });
try {
  const config = readConfig(env);
  logger = createLogger({ service: 'referral-router', level: config.LOG_LEVEL });
  const app = await NestFactory.createApplicationContext(
    ReferralRouterModule.with(config, logger),
    {
      logger: new NestLogger(logger),
      abortOnError: false,
    },
  );
  app.enableShutdownHooks(['SIGTERM', 'SIGINT'], { useProcessExit: true });
  logger.info({ event: 'ready', port: app.get(ReferralRouterModule).port }, 'ready');
} catch (error) {
  logger.fatal({ err: error }, 'cannot start');
  exit(1);
}
