import { notEmulated, refuseUnknown } from './strict.ts'

export interface WebPreferences {
  readonly preload?: string
  readonly additionalArguments?: readonly string[]
  readonly [name: string]: unknown
}

export interface WindowOptions {
  readonly width?: number
  readonly height?: number
  readonly x?: number
  readonly y?: number
  readonly show?: boolean
  readonly title?: string
  readonly backgroundColor?: string
  readonly autoHideMenuBar?: boolean
  readonly webPreferences?: WebPreferences
}

/** Options that only affect the window manager: accepted and ignored. */
const windowOptions = new Set(
  (
    'width height x y show title backgroundColor webPreferences minWidth minHeight maxWidth maxHeight center ' +
    'resizable minimizable maximizable closable fullscreenable useContentSize icon autoHideMenuBar darkTheme ' +
    'titleBarStyle titleBarOverlay trafficLightPosition accentColor acceptFirstMouse'
  ).split(' '),
)

/** Supported preferences, each with the only supported value; undefined allows any value. */
const preferences: Readonly<Record<string, unknown>> = {
  preload: undefined,
  additionalArguments: undefined,
  spellcheck: undefined,
  devTools: undefined,
  backgroundThrottling: undefined,
  v8CacheOptions: undefined,
  // Playwright closes them.
  disableDialogs: true,
  contextIsolation: true,
  sandbox: true,
  nodeIntegration: false,
  nodeIntegrationInWorker: false,
  nodeIntegrationInSubFrames: false,
  webSecurity: true,
  webviewTag: false,
  allowRunningInsecureContent: false,
  experimentalFeatures: false,
  navigateOnDragDrop: false,
  enableBlinkFeatures: '',
}

/** @throws for an option that the host would ignore, or a preference value that it does not support */
export function checkWindowOptions(options: WindowOptions): void {
  refuseUnknown('BrowserWindow options', options, windowOptions)
  const chosen = options.webPreferences ?? {}
  refuseUnknown('webPreferences', chosen, new Set(Object.keys(preferences)))
  for (const [name, only] of Object.entries(preferences)) {
    if (only !== undefined && name in chosen && chosen[name] !== only) {
      throw notEmulated(`webPreferences.${name}: ${String(chosen[name])}`)
    }
  }
}
