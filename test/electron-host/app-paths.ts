import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { host } from './state.ts'

const named = new Map<string, string>()
const userFolders = ['desktop', 'documents', 'downloads', 'music', 'pictures', 'videos']
const capital = (word: string) => word.charAt(0).toUpperCase() + word.slice(1)

const usual: Readonly<Record<string, (appName: string) => string>> = {
  home: homedir,
  temp: tmpdir,
  appData: () => process.env['XDG_CONFIG_HOME'] || join(homedir(), '.config'),
  userData: (appName) => host.switches.get('user-data-dir') ?? join(appPath('appData', appName), appName),
  sessionData: (appName) => appPath('userData', appName),
  logs: (appName) => join(appPath('userData', appName), 'logs'),
  crashDumps: (appName) => join(appPath('userData', appName), 'Crashpad'),
  exe: () => process.execPath,
  module: () => process.execPath,
  ...Object.fromEntries(userFolders.map((name) => [name, () => join(homedir(), capital(name))])),
}

/**
 * `app.getPath`.
 * @throws for a name that Electron does not support either
 */
export function appPath(name: string, appName: string): string {
  const place = named.get(name) ?? usual[name]?.(appName)
  if (place === undefined) throw new Error(`Failed to get '${name}' path`)
  return place
}

export function setAppPath(name: string, place: string): void {
  if (!(name in usual)) throw new Error(`Failed to set path for '${name}'`)
  named.set(name, place)
}
