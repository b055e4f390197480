import type { Account, Team } from '../../electron/contract/account.ts'
import { isMessageKey, type Translate } from '../../electron/messages/messages.ts'

interface Facts {
  readonly t: Translate
  /** Largest single upload of the account's server, in bytes. */
  readonly limitOf: (account: Account) => number
}

/** Describes which files an account can upload. */
export function accountNote(account: Account, { t, limitOf }: Facts): string {
  return account.kind === 'device'
    ? t('team.device-note', { limitBytes: limitOf(account) })
    : t('team.session-note')
}

/** Describes which files an account can upload to a team, with the user's role if the server reports it. */
export function teamNote(account: Account, { role }: Team, facts: Facts): string {
  const can = accountNote(account, facts)
  if (!role) return can
  const key = `role.${role}`
  return `${facts.t('team.role', { role: isMessageKey(key) ? facts.t(key) : role })} · ${can}`
}
