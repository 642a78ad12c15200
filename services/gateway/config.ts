import { z } from 'zod';
import { MeshError } from '#libs/contracts/mesh-error.js';
import { type Environment, commonSettings, readSettings } from '#libs/settings/read-settings.js';

/** An issuer's name has neither query nor fragment (RFC 8414 section 2). */
const issuerName = z.url({ protocol: /^https?$/ }).refine((text) => !/[?#]/.test(text));

/** `<issuer>` or `<issuer>|<address of its keys>`, several by blanks. */
const issuers = z.preprocess(
  (text) =>
    typeof text === 'string'
      ? text
          .trim()
          .split(/\s+/)
          .map((each) => each.split('|'))
      : [],
  z.array(
    z
      .union([z.tuple([issuerName]), z.tuple([issuerName, z.url({ protocol: /^https?$/ })])])
      .transform(([issuer, jwksUrl]) => ({ issuer, jwksUrl })),
  ),
);

const settings = {
  ...commonSettings,
  /** JSON list of the parties that this gateway serves: see adapters/parties.file.ts. */
  GATEWAY_PARTIES_FILE: z.string().min(1),
  /** Requests of one party: so many a second on and on, so many at once. */
  GATEWAY_RATE_PER_SECOND: z.coerce.number().min(0.1).default(50),
  GATEWAY_RATE_BURST: z.coerce.number().int().min(1).default(100),
  /** A client that takes longer to send its request is cut off. */
  GATEWAY_REQUEST_SECONDS: z.coerce.number().int().min(1).max(60).default(15),
  /** The issuers whose access tokens are taken, beside bearer tokens; none: no access token is. */
  GATEWAY_ISSUERS: issuers,
  /** What their tokens must name as `aud`: this gateway's resource indicator (RFC 8707). */
  GATEWAY_AUDIENCE: z.string().min(1).optional(),
  /** The header in which the proxy before this gateway hands on the client's certificate. Only where that proxy removes the header that a client sent. */
  GATEWAY_CLIENT_CERT_HEADER: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9-]*$/)
    .transform((name) => name.toLowerCase())
    .refine((name) => name !== 'authorization')
    .optional(),
};

/** @throws MeshError `config-invalid` that names the variables. */
export function readConfig(env: Environment) {
  const config = readSettings(settings, env);
  const wrong = (what: string): never => {
    throw new MeshError('config-invalid', what);
  };
  if (config.GATEWAY_ISSUERS.length > 0 !== (config.GATEWAY_AUDIENCE !== undefined))
    wrong('set GATEWAY_ISSUERS and GATEWAY_AUDIENCE both, or neither');
  if (
    new Set(config.GATEWAY_ISSUERS.map(({ issuer }) => issuer)).size < config.GATEWAY_ISSUERS.length
  )
    wrong('GATEWAY_ISSUERS names an issuer twice');
  const addresses = config.GATEWAY_ISSUERS.flatMap(({ issuer, jwksUrl }) =>
    [issuer, jwksUrl ?? []].flat(),
  );
  if (config.MESH_ENV !== 'local' && addresses.some((each) => !each.startsWith('https://')))
    wrong('GATEWAY_ISSUERS: addresses are https when MESH_ENV is not local');
  return config;
}
export type GatewayConfig = ReturnType<typeof readConfig>;
