import { appPath, setAppPath } from './app-paths.ts'
import { isPreview } from './preview/is-preview.ts'
import { SingleInstance } from './single-instance.ts'
import { complain, host } from './state.ts'
import type { AppSide } from './state.ts'
import { event, joined, strict, strictEmitter } from './strict.ts'

const ready = Promise.withResolvers<void>()
let chosenName: string | undefined
let quitting = false
let loginItem: object = {}

const instance = new SingleInstance(({ argv, cwd, additionalData }) => {
  app.emit('second-instance', event(), argv, cwd, additionalData)
})

const commandLine = strict('app.commandLine', {
  appendSwitch: (name: string, value = '') => void host.switches.set(name, value),
  hasSwitch: (name: string) => host.switches.has(name),
  getSwitchValue: (name: string) => host.switches.get(name) ?? '',
  removeSwitch: (name: string) => void host.switches.delete(name),
  appendArgument: (word: string) => void host.switches.set(word.replace(/^--/, ''), ''),
})

const identity = {
  isPackaged: false,
  dock: undefined,
  get name() {
    return app.getName()
  },
  set name(name: string) {
    chosenName = name
  },
  getName: () => chosenName ?? host.pkg.productName ?? host.pkg.name ?? 'Electron',
  setName: (name: string) => void (chosenName = name),
  getVersion: () => host.pkg.version ?? '0.0.0',
  getAppPath: () => host.appPath,
  getPath: (name: string) => appPath(name, app.getName()),
  setPath: setAppPath,
  setAppLogsPath: (place?: string) => setAppPath('logs', place ?? appPath('logs', app.getName())),
  getLocale: () => 'en-US',
  getSystemLocale: () => 'en-US',
  getPreferredSystemLanguages: () => [isPreview ? Intl.DateTimeFormat().resolvedOptions().locale : 'en-US'],
  getLocaleCountryCode: () => 'US',
  commandLine,
}

/** Integration with the desktop: calls are recorded and have no effect. */
const surroundings = {
  badgeCount: 0,
  userAgentFallback: '',
  setActivationPolicy: (policy: string) => host.record('activation-policy', { policy }),
  setAppUserModelId: (id: string) => host.record('app-user-model-id', { id }),
  setDesktopName: (name: string) => host.record('desktop-name', { name }),
  setLoginItemSettings(settings: object) {
    loginItem = settings
    host.record('login-item', { settings })
  },
  getLoginItemSettings: () => ({ openAtLogin: false, ...loginItem }),
  setAboutPanelOptions: (options: object) => host.record('about-panel', { options }),
  setBadgeCount(count: number) {
    app.badgeCount = count
    return true
  },
  setAsDefaultProtocolClient: () => true,
  isDefaultProtocolClient: () => false,
  addRecentDocument: (path: string) => host.record('recent-document', { path }),
  clearRecentDocuments: () => host.record('recent-documents-cleared'),
  focus: () => host.record('app-focus'),
  show: () => host.record('app-show'),
  hide: () => host.record('app-hide'),
  relaunch: (options: object = {}) => host.record('relaunch', { options }),
}

const beforeReady = (what: string) => {
  if (host.ready) throw new Error(`${what} can only be called before app is ready`)
  host.record(what)
}

const life = {
  isReady: () => host.ready,
  /** Like Electron it removes `--no-sandbox`, without which Chromium has no child processes as root. */
  enableSandbox(): void {
    beforeReady('app.enableSandbox()')
    if (!host.switches.delete('no-sandbox') || process.getuid?.() !== 0) return
    complain('app.enableSandbox() has removed --no-sandbox, without which no page can be opened as root')
    process.exit(1)
  },
  whenReady() {
    host.isReadyAwaited = true
    return ready.promise
  },
  disableHardwareAcceleration: () => beforeReady('app.disableHardwareAcceleration()'),
  requestSingleInstanceLock: (data?: unknown) => instance.request(app.getPath('userData'), data),
  hasSingleInstanceLock: () => instance.held,
  releaseSingleInstanceLock: () => instance.release(),
  quit(): void {
    if (quitting) return
    quitting = true
    const asked = event()
    app.emit('before-quit', asked)
    if (asked.defaultPrevented) quitting = false
    else if (host.windows.size === 0) finish()
    else for (const window of [...host.windows.values()]) window.close()
  },
  exit(code = 0): void {
    app.emit('quit', event(), code)
    process.exit(code)
  },
}

function finish(): void {
  const asked = event()
  app.emit('will-quit', asked)
  if (asked.defaultPrevented) quitting = false
  else app.exit(0)
}

export const app = strictEmitter('app', joined(identity, surroundings, life))

const side: AppSide = {
  emit: (name, ...values) => app.emit(name, ...values),
  quit: () => app.quit(),
  quitCancelled: () => void (quitting = false),
  allClosed() {
    if (quitting) finish()
    else if (app.listenerCount('window-all-closed') > 0) app.emit('window-all-closed')
    else app.quit()
  },
}
host.app = side

/** Emits `ready` once Chromium has started. */
export function becomeReady(): void {
  host.ready = true
  ready.resolve()
  app.emit('ready', event(), {})
}
