import type { Account, Team } from '../../electron/contract/account.ts'
import { isMessageKey } from '../../electron/messages/messages.ts'
import type { AppState } from '../app/app-state.svelte.ts'

/** Describes which files an account can upload. */
export function accountNote({ kind, server }: Account, { language: { t }, servers }: AppState): string {
  return kind === 'device'
    ? t('team.device-note', { limitBytes: servers.limitOf(server) })
    : t('team.session-note')
}

/** Describes which files an account can upload to a team, with the user's role if the server reports it. */
export function teamNote(account: Account, { role }: Team, app: AppState): string {
  const { t } = app.language
  const can = accountNote(account, app)
  if (!role) return can
  const key = `role.${role}`
  return `${t('team.role', { role: isMessageKey(key) ? t(key) : role })} · ${can}`
}
