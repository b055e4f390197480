// When several ESLint configurations match a file, only the last setting of a rule applies, so the full list
// for each environment is assembled here.

const useIpc =
  'Raw IPC goes through electron/desktop/ipc.ts alone, which checks the sender and the arguments.'
const useFeed = 'Events to the page are sent by electron/desktop/ipc.ts only.'
const usePreload = 'ipcRenderer lives in electron/preload.ts alone; the page calls window.modelferry.'
const useOpenExternal =
  'Links leave through electron/desktop/security/open-external.ts alone, which checks where they lead.'
const useDesktop =
  'Electron is touched in electron/desktop/, main.ts and preload.ts alone; take a port instead.'
const useTransport = 'Bytes and API calls leave through electron/cloud/ and electron/transfer/ alone.'
const useRegularFile =
  'Files are opened by electron/platform/files/regular-file.ts alone, which does not wait for the writer of a FIFO.'

export const noElectronAtRunTime = [
  { selector: 'ImportExpression[source.value=/^electron(\\u002F|-store|$)/]', message: useDesktop },
  { selector: "CallExpression[callee.name='require'][arguments.0.value=/^electron/]", message: useDesktop },
]
export const noIpcMain = [
  { selector: "ImportSpecifier[imported.name='ipcMain']", message: useIpc },
  { selector: "MemberExpression[property.name='ipcMain']", message: useIpc },
]
export const noSend = [
  { selector: 'CallExpression[callee.property.name=/^(send|sendToFrame|postMessage)$/]', message: useFeed },
]
export const noIpcRenderer = [
  { selector: "ImportSpecifier[imported.name='ipcRenderer']", message: usePreload },
  { selector: "MemberExpression[property.name='ipcRenderer']", message: usePreload },
]
export const noOpenExternal = [
  { selector: "MemberExpression[property.name='openExternal']", message: useOpenExternal },
  { selector: "Property[key.name='openExternal']", message: useOpenExternal },
]

export const noElectron = { regex: '^electron($|/|-store$)', message: useDesktop }
export const noHttp = {
  group: ['http', 'https', 'http2', 'node:http', 'node:https', 'node:http2', 'undici'],
  message: useTransport,
  allowTypeImports: true,
}
export const noRawOpen = {
  group: ['fs', 'fs/promises', 'node:fs', 'node:fs/promises'],
  importNames: [
    'default',
    'promises',
    'open',
    'openSync',
    'openAsBlob',
    'readFile',
    'readFileSync',
    'createReadStream',
    'ReadStream',
    'copyFile',
    'copyFileSync',
    'cp',
    'cpSync',
  ],
  message: useRegularFile,
  allowTypeImports: true,
}
// A folder of electron/ other than contract/ and messages/, imported from any depth of renderer/.
export const noEngineInPage = {
  regex: '(^|/)electron/(?!(contract|messages)/)',
  message:
    'The page may import contract/ and messages/ only: call window.modelferry through renderer/bridge.ts.',
}
export const noNodeInPage = {
  group: ['node:*'],
  message: 'The page has no Node: ask the main process through the contract.',
}
const noTests = { regex: '(^|/)test/', message: 'Code outside of test/ must not import from it.' }
export const noBridge = {
  regex: '(^|/)bridge(\\.ts)?$',
  message: 'Components show what state gives them; only state files and App.svelte call the bridge.',
}
export const contractTypesOnly = {
  regex: '(^|/)electron/contract/',
  message: 'Components take types from the contract; code that computes belongs in a state file.',
  allowTypeImports: true,
}

const noNetworkGlobals = ['fetch', 'XMLHttpRequest', 'WebSocket', 'EventSource'].map((name) => ({
  name,
  message: useTransport,
}))
const noNetworkProperties = ['globalThis', 'window', 'self'].map((object) => ({
  object,
  property: 'fetch',
  message: useTransport,
}))

/**
 * The restrictions for one environment: forbidden syntax, forbidden modules, and whether network access is
 * allowed.
 */
export function restrict({ selectors, modules, network = false }) {
  return {
    'no-restricted-syntax': ['error', ...selectors],
    '@typescript-eslint/no-restricted-imports': ['error', { patterns: [noTests, ...modules] }],
    'no-restricted-globals': network ? 'off' : ['error', ...noNetworkGlobals],
    'no-restricted-properties': network ? 'off' : ['error', ...noNetworkProperties],
  }
}
