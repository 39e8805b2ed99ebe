/**
 * Tokens: `payload.signature`, both base64url. The payload is JSON; the signature is HMAC-SHA-256 over a
 * fixed text and the payload as it is spelled, so a secret that signs other things, too, signs no tokens.
 */
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { TabnixError } from "../../workers/shared/errors.ts";
import { SECRET_BYTES, TOKEN_CHARACTERS, TOKEN_SCOPES } from "../limits.ts";

/** What a token says. */
export interface TokenClaims {
  /** When it ends, in seconds since 1970. */
  exp: number;
  /** `egress`, `ingress:<name>`, `ingress:*`. */
  scope: string[];
  /** Who has it: limits are counted by it, and it owns names. Without one, each token is somebody. */
  sub?: string;
}

/** A token that has been checked. */
export interface Access {
  subject: string;
  scope: string[];
}

const CONTEXT = "tabnix-relay-token-1.";
const FORM = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]{43})$/;
const SCOPE = /^(egress|ingress:(\*|[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?))$/;
const SUBJECT = /^[\x21-\x7e]{1,64}$/;

/** Whether a text is a scope that the relay knows. */
export function isScope(scope: string): boolean {
  return SCOPE.test(scope);
}

/** Makes a token. @throws TabnixError "invalid-input" when a claim is not what a token may say */
export function signToken(claims: TokenClaims, secret: Uint8Array): string {
  if (!isClaims(claims)) {
    throw new TabnixError("invalid-input", "A token cannot say that.", "See docs/relay.md.");
  }
  const payload = Buffer.from(JSON.stringify(claims)).toString("base64url");
  const token = `${payload}.${sign(payload, secret).toString("base64url")}`;
  if (token.length > TOKEN_CHARACTERS) {
    throw new TabnixError(
      "invalid-input",
      "The token would be too long.",
      "Leave out some scopes.",
    );
  }
  return token;
}

/**
 * Checks a token.
 *
 * @param now in milliseconds since 1970
 * @throws TabnixError "malformed", "untrusted" or "expired"; the message never has the token
 */
export function verifyToken(token: string, secret: Uint8Array, now: number): Access {
  const [, payload, signature] =
    (token.length <= TOKEN_CHARACTERS ? FORM.exec(token) : undefined) ?? [];
  if (payload === undefined || signature === undefined) {
    throw new TabnixError("malformed", "The token is not of the form of a token.");
  }
  if (!timingSafeEqual(Buffer.from(signature, "base64url"), sign(payload, secret))) {
    throw new TabnixError("untrusted", "The token was not signed by this relay.");
  }
  const claims = parse(payload);
  if (!isClaims(claims)) throw new TabnixError("malformed", "The token does not say what it must.");
  if (claims.exp * 1000 <= now) throw new TabnixError("expired", "The token has expired.");
  const subject = claims.sub ?? createHash("sha256").update(payload).digest("hex").slice(0, 16);
  return { subject, scope: claims.scope };
}

/** Whether somebody may use a name of the ingress. */
export function mayUseName(access: Access, name: string): boolean {
  return access.scope.includes("ingress:*") || access.scope.includes(`ingress:${name}`);
}

/** Checks a secret. @throws TabnixError "invalid-input" when it could be guessed */
export function checkSecret(secret: Uint8Array): Uint8Array {
  if (secret.length >= SECRET_BYTES) return secret;
  throw new TabnixError(
    "invalid-input",
    `The secret has ${secret.length} bytes; it needs ${SECRET_BYTES} or more.`,
    "Make one: head -c 32 /dev/urandom | base64 > relay.secret",
  );
}

function sign(payload: string, secret: Uint8Array): Buffer {
  return createHmac("sha256", secret)
    .update(CONTEXT + payload)
    .digest();
}

function parse(payload: string): unknown {
  try {
    return JSON.parse(Buffer.from(payload, "base64url").toString("utf8"));
  } catch {
    return undefined;
  }
}

function isClaims(claims: unknown): claims is TokenClaims {
  if (typeof claims !== "object" || claims === null) return false;
  const { exp, scope, sub } = claims as Partial<Record<keyof TokenClaims, unknown>>;
  return (
    Number.isSafeInteger(exp) &&
    Array.isArray(scope) &&
    scope.length <= TOKEN_SCOPES &&
    scope.every((one) => typeof one === "string" && isScope(one)) &&
    (sub === undefined || (typeof sub === "string" && SUBJECT.test(sub)))
  );
}
