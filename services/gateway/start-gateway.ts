import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import type { OpenAPIObject } from '@nestjs/swagger';
import { SwaggerModule } from '@nestjs/swagger';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';
import type { Clock } from '#libs/clock/clock.js';
import { clockFromConfig } from '#libs/clock/clock-from-config.js';
import { NestLogger } from '#libs/logging/nest-logger.js';
import { AccessTokenAuthenticator } from './adapters/access-token.authenticator.js';
import { BearerTokenAuthenticator } from './adapters/bearer-token.authenticator.js';
import { gatewayMetrics } from './adapters/gateway-metrics.js';
import { addEdgeHooks, createHttpAdapter } from './adapters/http-edge.js';
import { IssuerKeys } from './adapters/issuer-keys.js';
import { MeshPartyInbox } from './adapters/mesh.party-inbox.js';
import { NatsPartyRoad } from './adapters/nats.party-road.js';
import {
  type OpenApiDocument,
  knownRoutes,
  openApiDocument,
  withExamples,
} from './adapters/openapi-document.js';
import { messageExamples } from './adapters/openapi-examples.js';
import { PartiesFile } from './adapters/parties.file.js';
import { PartyLinks } from './adapters/party-links.js';
import { ProblemFilter } from './adapters/problem.filter.js';
import type { GatewayConfig } from './config.js';
import type { Authenticator } from './domain/authenticator.js';
import { SeveralAuthenticators } from './domain/several-authenticators.js';
import { TokenBuckets } from './domain/token-bucket.js';
import { GatewayModule } from './gateway.module.js';

export interface Gateway {
  readonly port: number;
  /** Reads the parties file now, as on SIGHUP. */
  reloadParties(): void;
  /** Takes no more requests, ends those that wait, lets the others finish, closes the connections. Idempotent. */
  stop(): Promise<void>;
}

/** Calls that are under way when the gateway is stopped are cut off after this. */
const closeWithinMs = 8_000;

/** At start the parties are waited for so long; who is not connected by then holds up nobody. */
const connectWithinMs = 10_000;

/** Builds the gateway, listens, and gives it back when the parties are connected. @throws MeshError `config-invalid` */
export async function startGateway(config: GatewayConfig, logger: Logger): Promise<Gateway> {
  const parties = new PartiesFile(config.GATEWAY_PARTIES_FILE, logger);
  const metrics = gatewayMetrics();
  const clock = clockFromConfig({ meshEnv: config.MESH_ENV, clockFile: config.CLOCK_FILE });
  const links = new PartyLinks(config.NATS_URL, logger);
  const road = new NatsPartyRoad(links, metrics.publishSeconds);
  const inbox = new MeshPartyInbox(links);
  const adapter = createHttpAdapter(config.GATEWAY_REQUEST_SECONDS * 1_000, (status, code) => {
    metrics.unreadableRequests.inc({ status });
    logger.info({ event: 'unreadable-request', status, code }, 'a request cannot be read');
  });
  const issuers = issuersOf(config, logger);
  let stopped: Promise<void> | undefined;
  addEdgeHooks(adapter, {
    authenticator: authenticatorOf({ config, parties, issuers, logger }),
    clientCertHeader: config.GATEWAY_CLIENT_CERT_HEADER,
    buckets: new TokenBuckets({
      perSecond: config.GATEWAY_RATE_PER_SECOND,
      burst: config.GATEWAY_RATE_BURST,
    }),
    requestSeconds: metrics.requestSeconds,
    logger,
    isStopping: () => stopped !== undefined,
  });
  const module = GatewayModule.of({ clock, links, road, inbox, registry: metrics.registry });
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, {
    logger: new NestLogger(logger),
    bodyParser: false,
    abortOnError: false,
  });
  const document = openApiDocument();
  app.useGlobalFilters(new ProblemFilter(knownRoutes(document), logger));
  serveDocumentation(app, document, clock);
  await app.listen(config.HTTP_PORT, config.HTTP_HOST);
  links.apply(parties.parties);
  parties.onChanged((list) => links.apply(list));
  parties.start();
  await links.firstUp(connectWithinMs);
  const stop = async (): Promise<void> => {
    parties.stop();
    road.endWaiting();
    inbox.endWaiting();
    const late = setTimeout(() => adapter.getHttpServer().closeAllConnections(), closeWithinMs);
    await app.close();
    clearTimeout(late);
    await links.stop();
    await Promise.all([...issuers.values()].map((keys) => keys.stop()));
    clock.stop();
  };
  const { port } = adapter.getHttpServer().address() as AddressInfo;
  return { port, reloadParties: () => parties.reload(), stop: () => (stopped ??= stop()) };
}

const issuersOf = (
  { MESH_ENV: environment, GATEWAY_ISSUERS: issuers }: GatewayConfig,
  logger: Logger,
): ReadonlyMap<string, IssuerKeys> =>
  new Map(
    issuers.map(({ issuer, jwksUrl }) => [
      issuer,
      new IssuerKeys({ issuer, jwksUrl, allowsHttp: environment === 'local' }, logger),
    ]),
  );

function authenticatorOf({
  config,
  parties,
  issuers,
  logger,
}: {
  readonly config: GatewayConfig;
  readonly parties: PartiesFile;
  readonly issuers: ReadonlyMap<string, IssuerKeys>;
  readonly logger: Logger;
}): Authenticator {
  const bearer = new BearerTokenAuthenticator(() => parties.parties);
  const audience = config.GATEWAY_AUDIENCE;
  if (audience === undefined) return bearer;
  const accessToken = new AccessTokenAuthenticator({
    audience,
    issuers,
    parties: () => parties.parties,
    logger,
  });
  return new SeveralAuthenticators([bearer, accessToken]);
}

/** The page and everything it loads come from here: no validator of others, no fonts, no scripts from elsewhere. */
function serveDocumentation(
  app: NestFastifyApplication,
  document: OpenApiDocument,
  clock: Clock,
): void {
  const anew = (): OpenApiDocument =>
    withExamples(
      document,
      messageExamples(clock.now(), () => randomBytes(10)),
    );
  SwaggerModule.setup('docs', app, document as unknown as OpenAPIObject, {
    jsonDocumentUrl: 'openapi.json',
    raw: ['json'],
    patchDocumentOnRequest: () => anew() as unknown as OpenAPIObject,
    customSiteTitle: 'Throughcare',
    swaggerOptions: { validatorUrl: null, docExpansion: 'list', defaultModelsExpandDepth: 0 },
  });
}
