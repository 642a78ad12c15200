import {
  Authenticator,
  type Credentials,
  type Identification,
  noValidToken,
} from './authenticator.js';

/** Asks one kind of credential after the other. The first that names a party counts; else the last answer, so the one that explains most stands last. */
export class SeveralAuthenticators extends Authenticator {
  constructor(private readonly kinds: readonly Authenticator[]) {
    super();
  }

  override async authenticate(credentials: Credentials): Promise<Identification> {
    let answer = noValidToken;
    for (const kind of this.kinds) {
      answer = await kind.authenticate(credentials);
      if (answer.outcome === 'party') return answer;
    }
    return answer;
  }
}
