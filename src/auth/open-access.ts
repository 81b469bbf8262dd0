import { Access } from './access.ts';
import { readAnonymousAccess } from './anonymous.ts';
import { readSecretFile } from './secret-file.ts';
import { TokenVerifier } from './token-verifier.ts';

export interface AccessSettings {
  authSecretFile: string;
  authJwksUrl: string;
  authIssuer: string;
  authAudience: string;
  anonymousAccess: string;
}

/**
 * Who may do what, by the settings; an empty one is not set.
 * @param report told when the public keys cannot be fetched
 * @returns undefined where everybody may do everything
 * @throws TextEventError ERR_CONFIG
 */
export function openAccess(settings: AccessSettings, report: (error: unknown) => void): Access | undefined {
  const { authSecretFile, authJwksUrl: jwksUrl, authIssuer: issuer, authAudience: audience } = settings;
  const secret = authSecretFile ? readSecretFile(authSecretFile) : undefined;
  const anonymous = readAnonymousAccess(settings.anonymousAccess, Boolean(secret || jwksUrl));
  return anonymous && new Access(new TokenVerifier({ secret, jwksUrl, issuer, audience }, report), anonymous);
}
