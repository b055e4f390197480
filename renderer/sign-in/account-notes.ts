import type { Account, Team } from '../../electron/contract/account.ts'
import { isMessageKey, type Translate } from '../../electron/messages/messages.ts'

interface Facts {
  readonly t: Translate
  /** Largest file that goes to an account's server in one piece, in bytes. */
  readonly limitOf: (account: Account) => number
}

/** What a sign-in can send. */
export function accountNote(account: Account, { t, limitOf }: Facts): string {
  return account.kind === 'device'
    ? t('team.device-note', { limitBytes: limitOf(account) })
    : t('team.session-note')
}

/** What a sign-in can send to one of its teams, with the person's role there where the server tells it. */
export function teamNote(account: Account, { role }: Team, facts: Facts): string {
  const can = accountNote(account, facts)
  if (!role) return can
  const key = `role.${role}`
  return `${facts.t('team.role', { role: isMessageKey(key) ? facts.t(key) : role })} · ${can}`
}
