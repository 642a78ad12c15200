import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { timelineReply, type Timeline } from '#libs/contracts/ask.js';
import { MeshError } from '#libs/contracts/mesh-error.js';
import { sourceOf } from '#libs/contracts/mesh-message.js';
import { uuidV7 } from '#libs/contracts/message-id.js';
import { type MessageName, typeOf } from '#libs/contracts/message-table.js';

/** How an agency's own person reaches the mesh: its gateway, and its bearer token in a file. The operator has neither. */
export interface AgencyEdge {
  readonly gateway: string;
  readonly party: string;
  readonly tokenFile: string;
}

export interface AgencyMessage {
  readonly name: MessageName;
  readonly case: string;
  readonly actor: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly now: Date;
}

const waitSeconds = 20;
const problem = z.object({ type: z.string(), detail: z.string().default('') });

/**
 * Sends one message to the mesh under the agency's own token, and waits for the verdict.
 * @throws MeshError with the reason of a refusal; `config-invalid` when the token cannot be read or the gateway is not reached;
 *   `source-not-sender` when the token is another party's
 */
export async function sendAsAgency(edge: AgencyEdge, message: AgencyMessage): Promise<Timeline> {
  if (!URL.canParse(edge.gateway))
    throw new MeshError('config-invalid', '--gateway must be an address, as http://127.0.0.1:8080');
  const token = await readToken(edge.tokenFile);
  const body = {
    specversion: '1.0',
    id: uuidV7(message.now.getTime(), randomBytes(10)),
    source: sourceOf(edge.party),
    type: typeOf(message.name),
    time: message.now.toISOString(),
    case: message.case,
    to: 'mesh',
    actor: message.actor,
    data: message.data,
  };
  const headers = {
    authorization: `Bearer ${token}`,
    'content-type': 'application/cloudevents+json',
    prefer: `wait=${waitSeconds}`,
  };
  const answer = await fetch(new URL('/v1/messages', edge.gateway), {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
  }).catch((cause: unknown) => {
    throw new MeshError(
      'config-invalid',
      `the gateway at ${edge.gateway} is not reached: is --gateway right, and is the mesh up?`,
      {
        cause,
      },
    );
  });
  const json: unknown = await answer.json().catch(() => ({}));
  if (answer.status === 200) return timelineReply.parse(json);
  if (answer.status === 202)
    throw new MeshError('answer-timeout', `taken as ${body.id}, not decided yet`);
  throw refusal(edge, problem.safeParse(json).data, answer.status);
}

async function readToken(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new MeshError('config-invalid', `--token-file ${file} cannot be read`, { cause });
  });
  return text.trim();
}

function refusal(
  { party, tokenFile }: AgencyEdge,
  said: z.infer<typeof problem> | undefined,
  status: number,
): MeshError {
  if (said === undefined) return new MeshError('sender-not-allowed', `HTTP ${status}`);
  const code = said.type.split(':').at(-1);
  // Nobody wrote a source here: it was made of --party.
  if (code === 'source-not-sender')
    return new MeshError(
      code,
      `the token in ${tokenFile} is not that of ${party}; give your own party's`,
    );
  return new MeshError('sender-not-allowed', `${code}: ${said.detail}`);
}
