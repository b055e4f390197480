import { app } from 'electron'
import process from 'node:process'
import type { CallHandlers } from '../../contract/calls.ts'
import { success } from '../../contract/failures.ts'
import type { Translate } from '../../messages/messages.ts'
import type { Log } from '../../platform/environment.ts'
import type { Notifications } from '../tray/notifications.ts'
import { createFileManagers } from './file-managers.ts'
import { launchCommand, needsMenuEntry } from './launch-command.ts'
import type { MenuSources } from './linux-app-menu.ts'
import { createLoginItem } from './login-item.ts'

/**
 * The calls for starting at login and for entries in file managers. Enabled entries are updated first, since
 * the app may have been moved; in development they belong to an installed app.
 */
export function createIntegrationHandlers(options: {
  readonly menuSources: MenuSources
  readonly notifications: Pick<Notifications, 'notifyChange'>
  /** In the current language. */
  readonly t: () => Translate
  readonly log: Log
}): Pick<CallHandlers, 'loginItem' | 'setLoginItem' | 'fileManagers' | 'setFileManager'> {
  const { menuSources, notifications, t, log } = options
  const { platform, env, execPath } = process
  const appFolder = app.isPackaged ? null : app.getAppPath()
  const command = launchCommand({ env, execPath, appFolder })
  const loginItem = createLoginItem(platform, command)
  const fileManagers = createFileManagers({
    platform,
    command,
    home: app.getPath('home'),
    env,
    t,
    menu: needsMenuEntry({ isPackaged: app.isPackaged, platform, env, execPath }) ? menuSources : null,
  })
  let lastChange: Promise<unknown> = app.isPackaged
    ? Promise.allSettled([loginItem.repair(), fileManagers.repair()])
    : Promise.resolve()

  /** Two changes at the same time could write and remove the same file. */
  function afterLastChange<T>(change: () => Promise<T>): Promise<T> {
    const result = lastChange.then(change)
    lastChange = result.catch(() => undefined)
    return result
  }

  return {
    loginItem: async () => success(await loginItem.read()),
    setLoginItem: ({ isOn }) =>
      afterLastChange(async () => {
        const before = await loginItem.read()
        const item = await loginItem.set(isOn)
        if (item.isOn !== before.isOn) {
          log.info('the page changed the start at login', { isOn: item.isOn })
          notifications.notifyChange(item.isOn ? 'login-on' : 'login-off')
        }
        return success(item)
      }),
    fileManagers: async () => success(await fileManagers.list()),
    setFileManager: ({ id, isOn }) =>
      afterLastChange(async () => {
        log.info('the page changed a file manager entry', { id, isOn })
        return success(await fileManagers.set(id, isOn))
      }),
  }
}
