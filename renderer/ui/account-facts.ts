import type { Account, Team } from '../../electron/contract/account.ts'
import { isMessageKey, type Words } from '../../electron/messages/messages.ts'

interface Facts {
  readonly say: Words
  /** Largest file that goes to an account's server in one piece, in bytes. */
  readonly limitOf: (account: Account) => number
}

/** What a sign-in can send. */
export function noteOfAccount(account: Account, { say, limitOf }: Facts): string {
  return account.kind === 'device'
    ? say('team.device-note', { limitBytes: limitOf(account) })
    : say('team.session-note')
}

/** What a sign-in can send to one of its teams, with the person's role there where the server tells it. */
export function noteOfTeam(account: Account, { role }: Team, facts: Facts): string {
  const can = noteOfAccount(account, facts)
  if (!role) return can
  const key = `role.${role}`
  return `${facts.say('team.role', { role: isMessageKey(key) ? facts.say(key) : role })} · ${can}`
}
