import type { CloudClient, Credential, Signer } from '../cloud/client.ts'
import type { Account } from '../contract/account.ts'
import type { Result } from '../contract/failures.ts'
import type { Environment } from '../platform/environment.ts'
import { retryCall, type RetryOptions } from '../platform/retry.ts'
import { findKeyOwner, parseDeviceKey } from './device-keys.ts'
import { findSessionOwner } from './session-owner.ts'
import { fixedSigner } from './signers.ts'

interface ExternalToken {
  readonly account: Account
  readonly token: string
  /** How many callers of `use` have not dropped it. */
  readonly userCount: number
}

/** Tokens that are given from outside, for machines without a keychain. They are kept in memory only. */
export function createExternalTokens(clientFor: (server: string) => CloudClient, environment: Environment) {
  const tokens = new Map<string, ExternalToken>()
  return {
    list: () => [...tokens.values()].map(({ account }) => account),
    find: (accountId: string) => tokens.get(accountId)?.account,
    forget: (accountId: string) => tokens.delete(accountId),
    signerFor(account: Account, teamId: string | null): Signer | null {
      const external = tokens.get(account.id)
      return external ? fixedSigner(credentialOf(account.kind, external.token, teamId)) : null
    },
    async use(
      server: string,
      token: string,
      retry: RetryOptions = { withinMs: 0 },
    ): Promise<Result<Account>> {
      // Surrounding spaces would hide the prefix of a key.
      const trimmed = token.trim()
      const request = () => findTokenOwner(clientFor(server), trimmed, retry.signal)
      const account = await retryCall(request, environment, retry)
      if (!account.ok) return account
      const userCount = (tokens.get(account.value.id)?.userCount ?? 0) + 1
      tokens.set(account.value.id, { account: account.value, token: trimmed, userCount })
      return account
    },
    /** Forgets a token once all that have used it have dropped it. Returns whether it is forgotten. */
    drop(accountId: string): boolean {
      const external = tokens.get(accountId)
      if (!external) return false
      if (external.userCount === 1) return tokens.delete(accountId)
      tokens.set(accountId, { ...external, userCount: external.userCount - 1 })
      return false
    },
  }
}

function credentialOf(kind: Account['kind'], token: string, teamId: string | null): Credential {
  return kind === 'device' ? { kind, token } : { kind, token, teamId }
}

/** The account of a token without surrounding spaces. Keys that can't upload are not sent. */
async function findTokenOwner(
  client: CloudClient,
  token: string,
  signal?: AbortSignal,
): Promise<Result<Account>> {
  // The other kinds of key have a prefix; a session's token is a JWT
  // (docs.cyberun.cloud/api-reference/introduction).
  if (/^(dk|sk|ak)-/.test(token)) {
    const key = parseDeviceKey(token)
    return key.ok ? findKeyOwner(client, key.value, signal) : key
  }
  return findSessionOwner(client, token, signal)
}
