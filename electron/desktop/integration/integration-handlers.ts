import { app } from 'electron'
import process from 'node:process'
import type { CallHandlers } from '../../contract/calls.ts'
import { success } from '../../contract/failures.ts'
import { createFileManagers } from './file-managers.ts'
import { launchCommand, needsMenuEntry } from './launch-command.ts'
import type { MenuSources } from './linux-app-menu.ts'
import { createLoginItem } from './login-item.ts'

/**
 * The calls for starting at login and for entries in file managers. Enabled entries are updated first, since
 * the app may have been moved.
 */
export function createIntegrationHandlers(
  menuSources: MenuSources,
): Pick<CallHandlers, 'loginItem' | 'setLoginItem' | 'fileManagers' | 'setFileManager'> {
  const { platform, env, execPath } = process
  const appFolder = app.isPackaged ? null : app.getAppPath()
  const command = launchCommand({ env, execPath, appFolder })
  const loginItem = createLoginItem(platform, command)
  const fileManagers = createFileManagers({
    platform,
    command,
    home: app.getPath('home'),
    env,
    menu: needsMenuEntry({ isPackaged: app.isPackaged, platform, env, execPath }) ? menuSources : null,
  })
  void Promise.allSettled([loginItem.repair(), fileManagers.repair()])
  return {
    loginItem: async () => success(await loginItem.read()),
    setLoginItem: async ({ isOn }) => success(await loginItem.set(isOn)),
    fileManagers: async () => success(await fileManagers.list()),
    setFileManager: async ({ id, isOn }) => success(await fileManagers.set(id, isOn)),
  }
}
